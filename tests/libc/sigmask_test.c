// SPDX-License-Identifier: MIT
// The signal mask belongs to the goroutine, and what all goroutines block stays
// pending: the idioms of textbooks, and what each would give with threads.
#include "testing.h"

#include <vine.h>

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

#define MS (1000 * 1000ll)

extern char **environ;

static _Atomic int ran; // handlers
static _Atomic uint64_t ran_in;

static void on_signal(int sig) {
  (void)sig;
  ran_in = vine_goid();
  ran++;
}

static void handle(int sig) {
  struct sigaction act;
  memset(&act, 0, sizeof act);
  act.sa_handler = on_signal; // no SA_RESTART
  CHECK(sigaction(sig, &act, NULL) == 0);
}

static sigset_t set_of(int a, int b) {
  sigset_t set;
  sigemptyset(&set);
  if (a)
    sigaddset(&set, a);
  if (b)
    sigaddset(&set, b);
  return set;
}

static void change(int how, int sig) {
  sigset_t set = set_of(sig, 0);
  CHECK(pthread_sigmask(how, &set, NULL) == 0);
}

static bool is_blocked(int sig) {
  sigset_t now;
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
  return sigismember(&now, sig) == 1;
}

// What the kernel has for this thread: not what somebody remembers.
static bool is_blocked_here(int sig) {
  uint64_t now = 0;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, sizeof now) == 0);
  return now >> (sig - 1) & 1;
}

static bool is_pending(int sig) {
  sigset_t set;
  CHECK(sigpending(&set) == 0);
  return sigismember(&set, sig) == 1;
}

// --- others that run, so that threads come and go ---

static void gives_way(void *arg) {
  vine_group *g = arg;
  for (int i = 0; i < 30; i++)
    vine_yield();
  vine_sleep(MS / 10);
  vine_group_done(g);
}

static void stir(int n) {
  vine_group g = VINE_GROUP_INIT;
  vine_group_add(&g, n);
  for (int i = 0; i < n; i++)
    CHECK(vine_spawn(gives_way, &g) == 0);
  vine_group_wait(&g);
}

static void echo(int in, int out) {
  char c;
  while (read(in, &c, 1) == 1)
    CHECK(write(out, &c, 1) == 1);
  close(out);
}

static void echo_chan(vine_chan_t in, vine_chan_t out) {
  int v;
  while (vine_recv_ok(in, &v))
    vine_send(out, v);
  vine_chan_close(out);
}

// Every way for a goroutine to wait: a read, a channel, a sleep.
static void wait_much(void) {
  int to[2], from[2];
  char c = 'x';
  CHECK(pipe(to) == 0 && pipe(from) == 0);
  vine_chan_t in = vine_chan_make(int, 0), out = vine_chan_make(int, 0);
  vine_go(echo(to[0], from[1]));
  vine_go(echo_chan(in, out));
  for (int i = 0; i < 5; i++) {
    CHECK(write(to[1], &c, 1) == 1);
    CHECK(read(from[0], &c, 1) == 1);
    vine_send(in, i);
    CHECK_EQ(vine_recv(out, int), i);
    vine_sleep(MS / 10);
    CHECK(usleep(100) == 0);
  }
  vine_chan_close(in);
  close(to[1]);
  stir(4);
  CHECK_EQ(read(from[0], &c, 1), 0); // nobody reads to[0] any more
  close(to[0]);
  close(from[0]);
}

// --- it goes with its goroutine ---

static const int kinds[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGWINCH, SIGIO};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void expect_bits(unsigned bits) {
  for (int i = 0; i < KINDS; i++) {
    CHECK_EQ(is_blocked(kinds[i]), bits >> i & 1);
    CHECK_EQ(is_blocked_here(kinds[i]), bits >> i & 1);
  }
}

static void child_of(unsigned bits, vine_group *g) {
  expect_bits(bits);
  vine_yield();
  expect_bits(bits);
  vine_group_done(g);
}

static void keeps_its_own(unsigned bits, vine_group *g) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < KINDS; i++)
    if (bits >> i & 1)
      sigaddset(&set, kinds[i]);
  CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
  for (int round = 0; round < 10; round++) {
    expect_bits(bits);
    if (round % 3 == 0)
      vine_sleep(MS / 20);
    else
      vine_yield();
    if (round == 5) {
      vine_group_add(g, 1);
      vine_go(child_of(bits, g));
    }
  }
  vine_group_done(g);
}

static void test_each_its_own(void) {
  vine_group g = VINE_GROUP_INIT;
  vine_group_add(&g, 64);
  for (unsigned i = 0; i < 64; i++)
    vine_go(keeps_its_own(i % (1u << KINDS), &g));
  vine_group_wait(&g);
  expect_bits(0);
}

// Far more masks than a program has.
static void has_odd_mask(uint64_t mask, vine_group *g) {
  uint64_t now = 0;
  mask &= ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1) | 3ull << 31);
  CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
  for (int i = 0; i < 3; i++) {
    vine_sleep(MS / 100);
    CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8) == 0);
    CHECK_EQ(now, mask);
  }
  vine_group_done(g);
}

static void test_many_masks(void) {
  for (uint64_t i = 0; i < 6000; i += 100) {
    vine_group g = VINE_GROUP_INIT;
    vine_group_add(&g, 100);
    for (uint64_t k = 0; k < 100; k++) // all but those of faults
      vine_go(has_odd_mask((i + k + 1) << 34, &g));
    vine_group_wait(&g);
  }
}

// --- every function that changes one ---

static void test_functions(void) {
  sigset_t set = set_of(SIGUSR1, 0), old;
  CHECK(sighold(SIGUSR1) == 0);
  vine_yield();
  CHECK(is_blocked(SIGUSR1) && is_blocked_here(SIGUSR1));
  CHECK(sigrelse(SIGUSR1) == 0 && !is_blocked(SIGUSR1));
  CHECK(sighold(NSIG) == -1 && errno == EINVAL);
  CHECK(sigrelse(0) == -1 && errno == EINVAL);
  CHECK_EQ(sigblock(1 << (SIGUSR2 - 1)), 0);
  stir(2);
  CHECK_EQ(sigsetmask(1 << (SIGHUP - 1)), 1 << (SIGUSR2 - 1));
  stir(2);
  CHECK(is_blocked_here(SIGHUP) && !is_blocked_here(SIGUSR2));
  CHECK_EQ(sigsetmask(0), 1 << (SIGHUP - 1));
  CHECK(sigset(SIGUSR2, SIG_HOLD) == SIG_DFL);
  stir(2);
  CHECK(is_blocked_here(SIGUSR2));
  CHECK(sigset(SIGUSR2, SIG_DFL) == SIG_HOLD && !is_blocked(SIGUSR2));
  CHECK_EQ(pthread_sigmask(99, &set, NULL), EINVAL);
  CHECK(sigprocmask(99, &set, NULL) == -1 && errno == EINVAL);
  CHECK(sigprocmask(99, NULL, &old) == 0);
  sigfillset(&set); // nobody blocks SIGKILL and SIGSTOP
  CHECK(sigprocmask(SIG_SETMASK, &set, &old) == 0);
  stir(2);
  CHECK(sigprocmask(SIG_SETMASK, &old, &set) == 0);
  CHECK(!sigismember(&set, SIGKILL) && !sigismember(&set, SIGSTOP));
  CHECK(sigismember(&set, SIGRTMIN) && sigismember(&set, SIGSEGV));
  errno = 0;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 3) == -1);
  CHECK_EQ(errno, EINVAL);
}

static void test_jumps(void) {
  static sigjmp_buf env;
  static volatile int times;
  times = 0;
  change(SIG_BLOCK, SIGUSR1);
  if (sigsetjmp(env, 1) == 0) {
    stir(2);
    change(SIG_UNBLOCK, SIGUSR1);
    stir(2);
    siglongjmp(env, 1);
  }
  CHECK(is_blocked(SIGUSR1));
  stir(2);
  CHECK(is_blocked_here(SIGUSR1));
  change(SIG_UNBLOCK, SIGUSR1);
  ucontext_t here;
  change(SIG_BLOCK, SIGUSR2);
  CHECK(getcontext(&here) == 0);
  stir(2);
  CHECK(is_blocked_here(SIGUSR2));
  if (times++ == 0) {
    change(SIG_UNBLOCK, SIGUSR2);
    CHECK(setcontext(&here) == 0);
  }
  change(SIG_UNBLOCK, SIGUSR2);
}

static jmp_buf plain_env;
static sigjmp_buf saved_env;

static void jumps_plainly(int sig) {
  (void)sig;
  longjmp(plain_env, 1);
}

static void jumps_saved(int sig) {
  (void)sig;
  siglongjmp(saved_env, 1);
}

// longjmp leaves the handler's mask, siglongjmp brings the old one back.
static void test_jumps_out(void) {
  CHECK(signal(SIGUSR1, jumps_plainly) != SIG_ERR);
  if (setjmp(plain_env) == 0)
    CHECK(raise(SIGUSR1) == 0);
  CHECK(is_blocked(SIGUSR1));
  stir(4);
  CHECK(is_blocked_here(SIGUSR1));
  change(SIG_UNBLOCK, SIGUSR1);
  CHECK(signal(SIGUSR1, jumps_saved) != SIG_ERR);
  if (sigsetjmp(saved_env, 1) == 0)
    CHECK(raise(SIGUSR1) == 0);
  stir(4);
  CHECK(!is_blocked_here(SIGUSR1));
}

// --- children ---

static void expect_child(int sig, bool blocks) {
  char bits[80];
  snprintf(bits, sizeof bits,
           "b=$(grep SigBlk: /proc/self/status | cut -f2);"
           "[ $(( (0x$b >> %d) & 1 )) = %d ]",
           sig - 1, blocks);
  char *argv[] = {"sh", "-c", bits, NULL};
  pid_t pid;
  int status;
  CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK_EQ(status, 0);
}

static void *get_mask(void *set) {
  pthread_sigmask(SIG_SETMASK, NULL, set);
  return NULL;
}

static void test_inherited(void) {
  sigset_t set;
  pthread_t t;
  int status;
  change(SIG_BLOCK, SIGUSR2);
  stir(4);
  expect_child(SIGUSR2, true);
  CHECK(pthread_create(&t, NULL, get_mask, &set) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  CHECK(sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1));
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK(is_blocked_here(SIGUSR2) && !is_blocked_here(SIGUSR1));
    stir(2);
    CHECK(is_blocked_here(SIGUSR2));
    _exit(0);
  }
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK_EQ(status, 0);
  change(SIG_UNBLOCK, SIGUSR2);
  stir(4);
  expect_child(SIGUSR2, false);
}

// --- what all block stays pending ---

enum { BY_KILL, BY_RAISE, BY_TIMER, BY_OTHER, WAYS };

static void send(int way, int sig) {
  struct itimerval soon = {{0, 0}, {0, 1000}};
  pid_t self = getpid(), pid;
  int status;
  switch (way) {
  case BY_KILL:
    CHECK(kill(self, sig) == 0);
    break;
  case BY_RAISE:
    CHECK(raise(sig) == 0);
    break;
  case BY_TIMER:
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    break;
  default:
    if ((pid = fork()) == 0)
      _exit(kill(self, sig) != 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  }
}

// Only main is left, so that nobody else takes a signal.
static void be_alone(void) {
  while (vine_goroutine_count() != 1)
    vine_sleep(MS / 10);
}

// The handler runs when the section is over, once, in main.
static void test_section(void) {
  handle(SIGALRM);
  for (int way = 0; way < WAYS; way++) {
    be_alone();
    ran = 0;
    change(SIG_BLOCK, SIGALRM);
    send(way, SIGALRM);
    wait_much();
    stir(16);
    while (!is_pending(SIGALRM))
      vine_sleep(MS);
    vine_sleep(30 * MS); // the watchdog rests
    CHECK_EQ(ran, 0);
    CHECK(is_pending(SIGALRM));
    change(SIG_UNBLOCK, SIGALRM);
    CHECK_EQ(ran, 1);
    stir(4);
    CHECK_EQ(ran, 1);
    CHECK(!is_pending(SIGALRM));
  }
}

// A goroutine that ends with such a signal takes it along, as a thread does.
static void raises_and_ends(void *arg) {
  change(SIG_BLOCK, SIGUSR1);
  CHECK(raise(SIGUSR1) == 0);
  CHECK(is_pending(SIGUSR1));
  vine_group_done(arg);
}

static void test_raised_and_left(void) {
  vine_group g = VINE_GROUP_INIT;
  handle(SIGUSR1);
  ran = 0;
  vine_group_add(&g, 4);
  for (int i = 0; i < 4; i++)
    CHECK(vine_spawn(raises_and_ends, &g) == 0);
  vine_group_wait(&g);
  stir(32);
  CHECK_EQ(ran, 0);
}

static void take_signals(int n, vine_chan_t out) {
  sigset_t set = set_of(SIGTERM, SIGCHLD);
  for (int i = 0; i < n; i++) {
    int sig = 0;
    CHECK_EQ(sigwait(&set, &sig), 0);
    vine_send(out, sig);
  }
}

static void test_sigwait(void) {
  sigset_t set = set_of(SIGTERM, SIGCHLD);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  vine_chan_t out = vine_chan_make(int, 0);
  vine_go(take_signals(12, out));
  for (int i = 0; i < 10; i++) {
    stir(4);
    CHECK(kill(getpid(), SIGTERM) == 0);
    CHECK_EQ(vine_recv(out, int), SIGTERM);
  }
  for (int i = 0; i < 2; i++) {
    pid_t pid = fork();
    if (pid == 0)
      _exit(0);
    CHECK_EQ(vine_recv(out, int), SIGCHLD);
    CHECK(waitpid(pid, NULL, 0) == pid);
  }
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

// Without anybody in sigwait yet.
static void test_sigtimedwait(void) {
  sigset_t set = set_of(SIGTERM, SIGRTMIN);
  struct timespec at_once = {0, 0};
  union sigval value = {.sival_int = 42};
  siginfo_t info;
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  CHECK(sigtimedwait(&set, &info, &at_once) == -1 && errno == EAGAIN);
  CHECK(kill(getpid(), SIGTERM) == 0);
  CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0);
  wait_much();
  CHECK_EQ(sigtimedwait(&set, &info, &at_once), SIGTERM);
  wait_much();
  CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
  CHECK_EQ(info.si_value.sival_int, 42);
  CHECK(sigtimedwait(&set, &info, &at_once) == -1 && errno == EAGAIN);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

static void test_signalfd(void) {
  sigset_t set = set_of(SIGTERM, 0);
  struct signalfd_siginfo info;
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  CHECK(fd >= 0);
  for (int i = 0; i < 10; i++) {
    if (fork() == 0) {
      usleep(i * 300);
      _exit(kill(getppid(), SIGTERM) != 0);
    }
    if (i % 2) {
      struct pollfd p = {.fd = fd, .events = POLLIN};
      CHECK_EQ(poll(&p, 1, -1), 1);
    }
    CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
    CHECK_EQ(info.ssi_signo, SIGTERM);
    CHECK(wait(NULL) > 0);
  }
  close(fd);
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

static void test_sigsuspend(void) {
  sigset_t none = set_of(0, 0);
  handle(SIGUSR1);
  change(SIG_BLOCK, SIGUSR1);
  stir(4);
  for (int i = 0; i < 10; i++) {
    ran = 0;
    pid_t pid = fork();
    if (pid == 0) {
      usleep(i * 200);
      _exit(kill(getppid(), SIGUSR1) != 0);
    }
    stir(2);
    while (!ran)
      CHECK(sigsuspend(&none) == -1 && errno == EINTR);
    CHECK_EQ(ran, 1);
    CHECK(is_blocked_here(SIGUSR1));
    while (waitpid(pid, NULL, 0) < 0)
      CHECK_EQ(errno, EINTR);
  }
  change(SIG_UNBLOCK, SIGUSR1);
}

static int self_pipe[2];

static void on_piped(int sig) {
  char c = (char)sig;
  CHECK(write(self_pipe[1], &c, 1) == 1);
}

static void test_self_pipe(void) {
  char c;
  CHECK(pipe(self_pipe) == 0);
  CHECK(signal(SIGUSR2, on_piped) != SIG_ERR);
  for (int i = 0; i < 10; i++) {
    change(SIG_BLOCK, SIGUSR2);
    CHECK(kill(getpid(), SIGUSR2) == 0);
    stir(2);
    struct pollfd p = {.fd = self_pipe[0], .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 1), 0);
    change(SIG_UNBLOCK, SIGUSR2);
    while (read(self_pipe[0], &c, 1) != 1)
      CHECK_EQ(errno, EINTR);
    CHECK_EQ(c, SIGUSR2);
  }
}

// What a timer or a context starts has the mask of who made it.
static void fired(void *arg) {
  expect_bits(1);
  vine_group_done(arg);
}

static void test_timers(void) {
  vine_group g = VINE_GROUP_INIT;
  vine_ctx_t ctx = vine_ctx_with_cancel(vine_ctx_background());
  change(SIG_BLOCK, kinds[0]);
  vine_group_add(&g, 3);
  vine_after_func(MS / 10, fired, &g);
  vine_after_func(20 * MS, fired, &g);
  vine_ctx_after_func(ctx, fired, &g);
  change(SIG_UNBLOCK, kinds[0]);
  vine_ctx_cancel(ctx);
  vine_group_wait(&g);
  vine_ctx_free(ctx);
}

// --- what one goroutine doesn't block is taken for it ---

static void stays(vine_chan_t ready, vine_chan_t end) {
  change(SIG_UNBLOCK, SIGUSR1);
  vine_send(ready, 1);
  int v;
  CHECK(!vine_recv_ok(end, &v));
  vine_send(ready, 2);
}

static void test_taken_for_another(bool rests) {
  vine_chan_t ready = vine_chan_make(int, 0), end = vine_chan_make(int, 0);
  handle(SIGUSR1);
  ran = 0;
  change(SIG_BLOCK, SIGUSR1);
  vine_go(stays(ready, end));
  CHECK_EQ(vine_recv(ready, int), 1);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  while (ran == 0)
    if (rests)
      vine_sleep(MS);
    else // main runs, and blocks it
      vine_yield();
  CHECK_EQ(ran, 1);
  vine_chan_close(end);
  CHECK_EQ(vine_recv(ready, int), 2);
  change(SIG_UNBLOCK, SIGUSR1);
}

static void test_taken_at_rest(void) { test_taken_for_another(true); }
static void test_taken_at_work(void) { test_taken_for_another(false); }

// A call of main's, which blocks the signal, doesn't end by it.
static void sends_to(vine_chan_t ready, int fd) {
  change(SIG_UNBLOCK, SIGUSR1);
  vine_send(ready, 1);
  for (int i = 1; i <= 5; i++) {
    vine_sleep(2 * MS);
    CHECK(kill(getpid(), SIGUSR1) == 0);
    while (ran < i)
      vine_yield();
  }
  vine_sleep(2 * MS);
  CHECK(write(fd, "x", 1) == 1);
}

static void test_no_eintr(void) {
  int fd[2];
  char c;
  CHECK(pipe(fd) == 0);
  handle(SIGUSR1);
  ran = 0;
  change(SIG_BLOCK, SIGUSR1);
  vine_chan_t ready = vine_chan_make(int, 0);
  vine_go(sends_to(ready, fd[1]));
  CHECK_EQ(vine_recv(ready, int), 1);
  CHECK_EQ(read(fd[0], &c, 1), 1);
  CHECK_EQ(ran, 5);
  change(SIG_UNBLOCK, SIGUSR1);
  close(fd[0]);
  close(fd[1]);
}

static void alone(void (*test)(void)) {
  be_alone();
  test();
  expect_bits(0);
}

int main(void) {
  stir(8); // threads that know nothing of what follows
  alone(test_each_its_own);
  alone(test_timers);
  alone(test_functions);
  alone(test_jumps);
  alone(test_jumps_out);
  alone(test_inherited);
  alone(test_section);
  alone(test_raised_and_left);
  alone(test_sigwait);
  alone(test_sigtimedwait);
  alone(test_signalfd);
  alone(test_sigsuspend);
  alone(test_self_pipe);
  alone(test_taken_at_rest);
  alone(test_taken_at_work);
  alone(test_no_eintr);
  alone(test_many_masks);
  return 0;
}
