// SPDX-License-Identifier: MIT
// Children made past fork: clone, _Fork, and by syscall. Each is the only
// thread and goroutine of its process, grows its stack, starts goroutines and
// threads of its own; or shares its parent's memory while that waits. What
// would share the parent's stack limit ends with a message.
#include "../stack/child.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define STACK_BYTES (1 << 20)

// --- what children do ---

static int lives(void *arg) {
  live(1);
  return *(int *)arg;
}

// Its results are seen only where memory is shared.
static volatile int total;

static int count(void *arg) {
  int n = *(int *)arg, squares[100];
  for (int i = 0; i < 100; i++)
    squares[i] = i * i;
  OPAQUE(n);
  grow_stack(600);
  for (int i = 0; i < 100; i++)
    total += squares[i];
  return n;
}

static int run_shell(void *arg) {
  execl("/bin/sh", "sh", "-c", "exit 25", (char *)NULL);
  return *(int *)arg;
}

// --- ways that return in the child ---

static long by_clone(void) {
  return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0L);
}

static long by_fork(void) { return syscall(SYS_fork); }

static long by_vfork(void) { return syscall(SYS_vfork); }

static long by_vm_vfork(void) {
  return syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL,
                 0L);
}

static long by_clone3(void) {
  static const struct clone_args args = {.exit_signal = SIGCHLD};
  return syscall(SYS_clone3, &args, sizeof args);
}

static long by_clone3_vfork(void) {
  static const struct clone_args args = {.flags = CLONE_VM | CLONE_VFORK,
                                         .exit_signal = SIGCHLD};
  return syscall(SYS_clone3, &args, sizeof args);
}

static int handled;
static void before_fork(void) { handled++; }

static long by_bare_fork(void) {
  int was = handled;
  long pid = _Fork();
  CHECK(pid == 0 || handled == was);
  return pid;
}

static long (*const ways[])(void) = {by_clone, by_fork, by_vfork, by_vm_vfork,
                                     by_bare_fork};
static long (*const newer[])(void) = {by_clone3, by_clone3_vfork};

static volatile int ghosts;

static void check_way(long (*way)(void)) {
  int n = 31;
  long pid = way();
  if (pid == 0) {
    int status = lives(&n);
    _exit(ghosts ? 98 : status);
  }
  CHECK(pid > 0);
  CHECK_EQ(status_of((pid_t)pid), 31);
  grow_stack(300);
}

// --- clone ---

static char *new_stack(void) {
  char *s = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(s != MAP_FAILED);
  return s;
}

static int clone_on(int (*fn)(void *), int flags, int n) {
  char *stack = new_stack();
  pid_t tid = 0;
  int pid = clone(fn, stack + STACK_BYTES, flags | CLONE_PARENT_SETTID, &n,
                  &tid, NULL, NULL);
  CHECK(pid > 0 && tid == pid);
  int status = status_of(pid);
  CHECK(munmap(stack, STACK_BYTES) == 0);
  grow_stack(300);
  return status;
}

static void check_clone(void) {
  int was = total;
  CHECK_EQ(clone_on(lives, SIGCHLD, 33), 33);
  CHECK_EQ(clone_on(lives, SIGCHLD | CLONE_VFORK, 34), 34);
  CHECK_EQ(clone_on(run_shell, SIGCHLD, 35), 25);
  CHECK_EQ(clone_on(count, SIGCHLD, 36), 36);
  CHECK_EQ(total, was);
}

static void check_sharing_clone(void) {
  int was = total;
  CHECK_EQ(clone_on(count, SIGCHLD | CLONE_VM | CLONE_VFORK, 37), 37);
  CHECK_EQ(total, was + 328350);
  CHECK_EQ(clone_on(run_shell, SIGCHLD | CLONE_VM | CLONE_VFORK, 38), 25);
}

static void check_all(void) {
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    check_way(ways[i]);
  if (syscall(SYS_clone3, NULL, 0) == -1 && errno == EINVAL) // not ENOSYS
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++)
      check_way(newer[i]);
  check_clone();
  check_sharing_clone();
}

static void *check_in_thread(void *arg) {
  check_all();
  return arg;
}

static int check_deep(void *arg) {
  (void)arg;
  check_all();
  return 0;
}

static void deep(void *arg) { CHECK(deeper(30, check_deep, arg) == 30); }

// --- with others around ---

static pid_t parent;
static volatile int stop;

static void wander(vine_group *wg, int how) {
  while (!stop) {
    if (how == 0)
      vine_sleep(VINE_MILLISECOND);
    else if (how == 1)
      vine_yield();
    ghosts += getpid() != parent;
  }
  vine_group_done(wg);
}

static void check_among_others(void) {
  vine_group wg = VINE_GROUP_INIT;
  parent = getpid();
  vine_group_add(&wg, 6);
  for (int i = 0; i < 6; i++)
    vine_go(wander(&wg, i % 3));
  vine_sleep(VINE_MILLISECOND);
  check_all();
  stop = 1;
  vine_group_wait(&wg);
}

// In a handler they are as async-signal-safe as ever.
static volatile sig_atomic_t from_handler;

static void fork_in_handler(int sig) {
  pid_t pid = sig == SIGUSR1 ? _Fork() : (pid_t)syscall(SYS_fork);
  if (pid == 0)
    _exit(39);
  from_handler = pid;
}

static void check_handlers(void) {
  CHECK(signal(SIGUSR1, fork_in_handler) != SIG_ERR);
  CHECK(signal(SIGUSR2, fork_in_handler) != SIG_ERR);
  raise(SIGUSR1);
  CHECK_EQ(status_of(from_handler), 39);
  raise(SIGUSR2);
  CHECK_EQ(status_of(from_handler), 39);
}

// --- messages ---

static void run(const char *name) {
  char *top = new_stack() + STACK_BYTES;
  int n = 1;
  if (strcmp(name, "beside") == 0)
    clone(count, top, CLONE_VM | SIGCHLD, &n);
  else if (strcmp(name, "raw") == 0)
    syscall(SYS_clone, CLONE_VM | SIGCHLD, NULL, NULL, NULL, 0L);
  else
    syscall(SYS_clone, SIGCHLD, top - 64, NULL, NULL, 0L);
  _exit(0);
}

static void check_messages(void) {
  CHECK_DIED(test_run_self("beside"), 2, "clone: with CLONE_VM the child");
  CHECK_DIED(test_run_self("raw"), 2, "syscall: a child that shares");
  CHECK_DIED(test_run_self("stack"), 2, "syscall: a child with a stack");
}

int main(int argc, char **argv) {
  pthread_t t;
  if (argc > 1)
    run(argv[1]);
  CHECK(pthread_atfork(before_fork, NULL, NULL) == 0);
  check_all();
  check_handlers();
  run_in_goroutine(deep, NULL);
  CHECK(pthread_create(&t, NULL, check_in_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  check_among_others();
  check_messages();
  return 0;
}
