// SPDX-License-Identifier: MIT
// Who takes a signal that is sent to the process: the thread that runs a
// goroutine, and when none does, somebody. POSIX, kill(): "if the signal is not
// blocked for the calling thread and if no other thread has it unblocked ...
// either sig or at least one pending unblocked signal shall be delivered to the
// sending thread before kill() returns".
#include "testing.h"

#include "signals_test.h"

#include <vine.h>

#include <pthread.h>
#include <sys/time.h>

enum { TIMES = 2000 };
#define MS (1000 * 1000ll)

static volatile sig_atomic_t taken;
static volatile pthread_t taken_by;

static void on_signal(int sig) {
  (void)sig;
  taken++;
  taken_by = pthread_self();
}

static void handle(int sig) {
  struct sigaction act;
  memset(&act, 0, sizeof act);
  act.sa_handler = on_signal; // no SA_RESTART
  CHECK(sigaction(sig, &act, NULL) == 0);
}

static void gives_way(void *arg) {
  vine_group *g = arg;
  for (int i = 0; i < 50; i++)
    vine_yield();
  vine_group_done(g);
}

// Threads come to be, run something, and go to sleep.
static void wake_threads(void) {
  vine_group g = VINE_GROUP_INIT;
  vine_group_add(&g, 64);
  for (int i = 0; i < 64; i++)
    CHECK(vine_spawn(gives_way, &g) == 0);
  vine_group_wait(&g);
}

static uint64_t alive(void) {
  struct vine_stack_stats s;
  vine_stack_stats(&s);
  return s.goroutines;
}

// A goroutine that has told of its end may still be there: preempted, and then
// no thread has it for now, or on its way out.
static uint64_t parked; // beside the caller

static void wait_until_alone(void) {
  while (alive() > 1 + parked || !others_block_signals())
    usleep(1000);
}

// --- kill ---

static void kills(bool is_locked) {
  handle(SIGUSR1);
  for (int round = 0; round < 5; round++) {
    wake_threads();
    wait_until_alone();
    for (int i = 0; i < TIMES; i++) {
      int before = taken;
      CHECK(kill(getpid(), SIGUSR1) == 0);
      CHECK_EQ(taken, before + 1);
      if (is_locked) // else it may have moved since
        CHECK(pthread_equal(taken_by, pthread_self()));
    }
  }
}

// Not on the first thread, which the kernel prefers.
static vine_group elsewhere = VINE_GROUP_INIT;

static void kills_elsewhere(void *arg) {
  vine_lock_thread();
  kills(true);
  vine_unlock_thread();
  vine_group_done(arg);
}

static void test_kill(void) {
  kills(false);
  vine_lock_thread(); // others run elsewhere
  vine_group_add(&elsewhere, 1);
  parked = 1; // this one
  CHECK(vine_spawn(kills_elsewhere, &elsewhere) == 0);
  vine_group_wait(&elsewhere);
  parked = 0;
  vine_unlock_thread();
}

// --- the first handler, or mask ---

// Until then signals are nobody's business, and threads sleep without a change
// of their masks. They hear of it.
static void begins(bool is_mask) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  wake_threads();
  usleep(20000); // most often all others sleep by then
  if (is_mask)
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  else
    handle(SIGUSR1);
  wait_until_alone();
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK_EQ(taken, is_mask ? 0 : 1);
  if (!is_mask)
    return;
  usleep(20000); // whoever took it would have ended the process by then
  handle(SIGUSR1);
  CHECK_EQ(taken, 0);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
  CHECK_EQ(taken, 1);
}

static void test_begin(const char *what) {
  for (int i = 0; i < 5; i++) {
    struct test_child *c = test_run_self(what);
    CHECK_EQ(c->status, 0);
    free(c);
  }
}

// --- a blocking call ends ---

static void test_interrupt(void) {
  int fd[2];
  char c;
  CHECK(pipe(fd) == 0);
  handle(SIGALRM);
  for (int i = 0; i < 20; i++) {
    wake_threads();
    wait_until_alone();
    taken = 0;
    // Again and again: the first may come before read waits.
    struct itimerval soon = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    errno = 0;
    CHECK(read(fd[0], &c, 1) == -1);
    CHECK_EQ(errno, EINTR);
    CHECK(taken > 0);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  }
  close(fd[0]);
  close(fd[1]);
}

// --- nobody runs ---

static void test_idle(void) {
  handle(SIGUSR2);
  taken = 0;
  char command[100];
  snprintf(command, sizeof command, "(sleep 0.1; kill -USR2 %d) &",
           (int)getpid());
  CHECK(system(command) == 0);
  while (!taken)
    vine_sleep(20 * MS);
}

static void never_ends(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  wake_threads();
  char command[100];
  snprintf(command, sizeof command, "(sleep 0.1; kill -TERM %d) &",
           (int)getpid());
  CHECK(system(command) == 0);
  vine_after(INT64_MAX / 2); // no deadlock
  vine_recv(c, int);
}

static void test_default(void) {
  struct test_child *c = test_run_self("never-ends");
  CHECK_EQ(c->status, 128 + SIGTERM);
  free(c);
}

// The child has no watchdog as long as it starts no thread.
static void test_forked(void) {
  int fd[2];
  CHECK(pipe(fd) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK(write(fd[1], "x", 1) == 1);
    vine_sleep(INT64_MAX / 2);
    _exit(1);
  }
  char c;
  int status;
  CHECK(read(fd[0], &c, 1) == 1);
  usleep(20000); // most often it sleeps by then
  CHECK(kill(pid, SIGTERM) == 0);
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

// --- what is inherited ---

static void check_inherited(void) {
  sigset_t set;
  sigfillset(&set);
  mask_of_new_thread(&set);
  for (int sig = 1; sig < 32; sig++)
    CHECK(!sigismember(&set, sig));
  CHECK(system("grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status") == 0);
}

static void inherits(void *arg) {
  check_inherited();
  vine_group_done(arg);
}

static void test_inheritance(void) {
  vine_group g = VINE_GROUP_INIT;
  check_inherited();
  vine_group_add(&g, 20);
  for (int i = 0; i < 20; i++)
    CHECK(vine_spawn(inherits, &g) == 0);
  vine_group_wait(&g);
}

// A mask that the program sets stays, over sleeps of its thread.
static void test_own_mask(void) {
  sigset_t set, now;
  vine_lock_thread();
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  taken = 0;
  handle(SIGUSR1);
  for (int i = 0; i < 10; i++) {
    vine_sleep(MS);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
  }
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
  vine_sleep(MS);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
  CHECK(!sigismember(&now, SIGUSR1));
  vine_unlock_thread();
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "never-ends") == 0)
    never_ends();
  if (argc > 1) {
    begins(strcmp(argv[1], "mask") == 0);
    return 0;
  }
  test_begin("handler");
  test_begin("mask");
  test_inheritance();
  test_kill();
  test_interrupt();
  test_idle();
  test_default();
  test_forked();
  test_own_mask();
  return 0;
}
