// SPDX-License-Identifier: MIT
// P5, S9: signal handlers while goroutines run on tiny stacks: each runs on
// the alternate stack, may use several KiB, instrumented or not; a stack may
// not move because of it; every thread takes signals; siglongjmp out of a
// handler and inside one; a child that stays in one; handlers installed by
// signal, sigaction with and without SA_ONSTACK; SIGSEGV. After Go issues 20400
// and rust issue 113525.
#include "foreign.h"
#include "stack.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled, bytes;

// Uses stack and side stack, recursion, foreign calls.
static NOINLINE int work(int n, int *up) {
  int here[30];
  here[n % 30] = n + *up;
  int r = n == 0 ? 0 : work(n - 1, &here[n % 30]);
  return r + here[n % 30] - *up - n + 1;
}

// Room for this processor's frame (AVX-512: 3.6 KB; AMX: 11) and plenty more.
static void check_room(void) {
  stack_t ss;
  // The kernel's answer: sigaltstack tells what the program asked for.
  CHECK(syscall(SYS_sigaltstack, NULL, &ss) == 0 && (ss.ss_flags & SS_ONSTACK));
  CHECK(ss.ss_size >= getauxval(AT_MINSIGSTKSZ) + (512 << 10));
}

static void handler(int sig) {
  int saved = errno;
  check_room();
  char text[64];
  int zero = 0;
  snprintf(text, sizeof text, "%d %s", sig, "x");
  bytes += (int)strlen(text);
  if (work(50, &zero) == 51)
    handled++;
  errno = saved;
}

static void action(int sig, siginfo_t *info, void *context) {
  if (info->si_signo == sig && context)
    handler(sig);
}

static void install(int how) {
  struct sigaction sa = {.sa_handler = handler};
  if (how == 0) {
    CHECK(signal(SIGUSR1, handler) != SIG_ERR);
    return;
  }
  if (how > 1) {
    sa.sa_sigaction = action;
    sa.sa_flags = SA_SIGINFO | (how == 3 ? SA_ONSTACK | SA_RESTART : 0);
  }
  CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
}

// raise() at each level of a recursion that grows the stack.
static NOINLINE int raise_deep(int n) {
  volatile int a = n;
  if (n % 10 == 0) {
    sig_atomic_t before = handled;
    CHECK(raise(SIGUSR1) == 0);
    CHECK(handled == before + 1);
  }
  int r = n == 0 ? 0 : raise_deep(n - 1);
  BARRIER();
  CHECK(a == n);
  return r + 1;
}

static void raising(void *arg) {
  (void)arg;
  CHECK(raise_deep(200) == 201);
}

// From outside, at any instruction. To the process, not to a thread: main may
// go on on another one, and the old one takes no signals while it is idle.
static _Atomic int stop;
static void *sender(void *arg) {
  (void)arg;
  sigset_t all;
  sigfillset(&all);
  CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
  while (!stop) {
    CHECK(kill(getpid(), SIGUSR1) == 0);
    for (volatile int i = 0; i < 2000; i++)
      ;
  }
  return NULL;
}

static void interrupted(void) {
  pthread_t t;
  sig_atomic_t before = handled;
  stop = 0;
  CHECK(pthread_create(&t, NULL, sender, NULL) == 0);
  for (int i = 0; i < 100 || handled < before + 20; i++) {
    int zero = 0;
    grow_stack(i % 100);
    CHECK(work(i % 60, &zero) == i % 60 + 1);
    CHECK(foreign_12_ints(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) == 78);
  }
  stop = 1;
  CHECK(pthread_join(t, NULL) == 0);
}

// --- siglongjmp out of a handler ---

static sigjmp_buf out;
static void jumper(int sig) { siglongjmp(out, sig); }

static NOINLINE int raise_at(int n) {
  volatile int a = n;
  if (n < 0)
    return 0;
  if (n == 0)
    raise(SIGUSR2);
  int r = raise_at(n - 1);
  return r + a;
}

static void jump_out(void *arg) {
  struct sigaction sa = {.sa_handler = jumper};
  (void)arg;
  CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
  for (volatile int i = 0; i < 20; i++) {
    int v = sigsetjmp(out, 1);
    if (v == 0)
      raise_at(i * 5);
    CHECK(v == SIGUSR2);
    grow_stack(i * 10);
    vine_yield();
  }
}

// --- longjmp inside a handler ---

static sigjmp_buf inside;

static NOINLINE void throw(int n) {
  volatile char deep[2000];
  deep[n] = 1;
  if (n == 0)
    siglongjmp(inside, 7);
  throw(n - 1);
  BARRIER();
}

// One that interrupts catcher, and goes back to it.
static void nested(int sig) {
  (void)sig;
  throw(20);
}

static volatile sig_atomic_t caught;
static void catcher(int sig) {
  sigjmp_buf outer;
  (void)sig;
  for (volatile int i = 0; i < 4; i++) {
    if (sigsetjmp(inside, 1) == 0) {
      if (i % 2 == 0)
        throw(100); // 200 KB
      raise(SIGUSR1);
      CHECK(0);
    }
    caught++;
    if (sigsetjmp(outer, 0) == 0)
      siglongjmp(outer, 1);
  }
}

static void jump_inside(void *arg) {
  struct sigaction on_1 = {.sa_handler = nested, .sa_flags = SA_NODEFER};
  struct sigaction on_2 = {.sa_handler = catcher};
  (void)arg;
  CHECK(sigaction(SIGUSR1, &on_1, NULL) == 0);
  CHECK(sigaction(SIGUSR2, &on_2, NULL) == 0);
  for (volatile int i = 0; i < 10; i++) {
    caught = 0;
    CHECK(raise_at(i * 5) == i * 5 * (i * 5 + 1) / 2 && caught == 4);
    grow_stack(i * 10);
    vine_yield();
  }
}

// As PostgreSQL up to 15: the handler forks, and the child goes on in it.
static volatile sig_atomic_t status;
static void forker(int sig) {
  pid_t child = fork();
  if (child == 0) {
    catcher(sig);
    _exit(caught == 4 ? 3 : 4);
  }
  int s;
  CHECK(waitpid(child, &s, 0) == child && WIFEXITED(s));
  status = WEXITSTATUS(s);
}

static void fork_inside(void) {
  struct sigaction sa = {.sa_handler = forker};
  CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
  caught = 0;
  raise_at(10);
  CHECK(status == 3 && caught == 0);
}

static char *page;
static void on_fault(int sig, siginfo_t *info, void *context) {
  (void)context;
  CHECK(sig == SIGSEGV && (char *)info->si_addr - page < 8);
  siglongjmp(out, 5);
}

static void fault(void *arg) {
  struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  struct sigaction old;
  (void)arg;
  page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED && sigaction(SIGSEGV, &sa, &old) == 0);
  volatile int faults = 0;
  if (sigsetjmp(out, 1) == 0)
    *(volatile char *)page = 1;
  else
    faults++;
  CHECK(faults == 1);
  if (sigsetjmp(out, 1) == 0)
    memcpy(page, "abc", 3); // a leaf, on the goroutine's stack
  else
    faults++;
  CHECK(faults == 2 && sigaction(SIGSEGV, &old, NULL) == 0);
  grow_stack(100);
}

// --- masks ---

// A worker that the watchdog starts (it blocks every signal), for the
// processor of a thread in usleep, has the process's mask none the less.
static vine_group done;
static void sleep_and_look(void) {
  sigset_t now;
  for (int i = 0; i < 3; i++) {
    usleep(2000);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGTERM));
  }
  vine_group_done(&done);
}

static void masks(void) {
  vine_group_add(&done, 20);
  for (int i = 0; i < 20; i++)
    vine_go(sleep_and_look());
  vine_group_wait(&done);
}

int main(void) {
  masks();
  for (int how = 0; how < 4; how++) {
    install(how);
    raising(NULL);
    run_in_goroutine(raising, NULL);
  }
  interrupted();
  struct sigaction now;
  CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_sigaction == action);
  jump_out(NULL);
  run_in_goroutine(jump_out, NULL);
  jump_inside(NULL);
  run_in_goroutine(jump_inside, NULL);
  fork_inside();
  fault(NULL);
  run_in_goroutine(fault, NULL);
  return 0;
}
