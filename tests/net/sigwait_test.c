// SPDX-License-Identifier: MIT
// Calls that wait for signals: ppoll and kin with a mask, sigsuspend, pause,
// sigwait. N68, N75 to N79.
#include "net.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/wait.h>

static vine_group wg;
static int inside, handled, in_call;
static int wire[2]; // nobody writes to it but at the end of a test
static int epoll_fd;

static void on_signal(int sig) {
  CHECK(GET(in_call)); // never outside of a call
  ADD(handled, 1);
}

static void on_any(int sig) { ADD(handled, 1); }

static void handle(int sig, void (*fn)(int), int flags) {
  struct sigaction a = {.sa_handler = fn, .sa_flags = flags};
  CHECK(sigaction(sig, &a, NULL) == 0);
}

static sigset_t set_of(int sig) {
  sigset_t set;
  sigemptyset(&set);
  if (sig)
    sigaddset(&set, sig);
  return set;
}

static void change(int how, int sig) {
  sigset_t set = set_of(sig);
  CHECK(pthread_sigmask(how, &set, NULL) == 0);
}

static void signal_us(int sig) { CHECK(kill(getpid(), sig) == 0); }

// --- each kind of call ---

static const sigset_t all_open; // the calls' mask
static const sigset_t *const with = &all_open;

static int by_ppoll(void) {
  struct pollfd p = {wire[0], POLLIN, 0};
  return ppoll(&p, 1, NULL, with);
}
static int by_ppoll_long(void) {
  struct timespec limit = {600, 0};
  return ppoll(NULL, 0, &limit, with);
}
static int by_pselect(void) {
  fd_set r;
  struct timespec limit = {600, 0};
  FD_ZERO(&r);
  FD_SET(wire[0], &r);
  int n = pselect(wire[0] + 1, &r, NULL, NULL, &limit, with);
  CHECK(FD_ISSET(wire[0], &r)); // an error leaves it
  return n;
}
static int by_epoll(void) {
  struct epoll_event e;
  return epoll_pwait(epoll_fd, &e, 1, -1, with);
}
static int by_epoll2(void) {
  struct epoll_event e;
  struct timespec limit = {600, 0};
  int n = epoll_pwait2(epoll_fd, &e, 1, &limit, with);
  return n < 0 && errno == ENOSYS ? by_epoll() : n;
}
static int by_sigsuspend(void) { return sigsuspend(with); }
static int by_sigpause(void) { return sigpause(SIGUSR1); }

static int (*const calls[])(void) = {by_ppoll,   by_ppoll_long, by_pselect,
                                     by_epoll,   by_epoll2,     by_sigsuspend,
                                     by_sigpause};
enum { CALLS = sizeof calls / sizeof calls[0], TIMES = 12 };

// As in textbooks: no signal is lost, wherever it comes.
static void waits(int (*call)(void)) {
  SET(in_call, 1);
  while (GET(handled) == 0) {
    CHECK_EQ(call(), -1);
    CHECK_EQ(errno, EINTR);
  }
  SET(in_call, 0);
  CHECK_EQ(GET(handled), 1);
}

static void sends_after(int i) {
  if (i % 3 == 1)
    vine_yield();
  if (i % 3 == 2)
    vine_sleep(i * MS / 10);
  signal_us(SIGUSR1);
  vine_group_done(&wg);
}

static void waits_for_all(void) {
  for (int i = 0; i < CALLS * TIMES; i++) {
    handled = 0;
    vine_group_add(&wg, 1);
    if (i % 4)
      vine_go(sends_after(i % TIMES));
    else
      sends_after(0); // before the call
    waits(calls[i % CALLS]);
    vine_group_wait(&wg);
  }
}

static void waits_too(vine_chan_t done) {
  waits_for_all();
  vine_send(done, 1);
}

static void each_call(void) { // N79
  vine_chan_t done = vine_chan_make(int, 0);
  handle(SIGUSR1, on_signal, 0);
  change(SIG_BLOCK, SIGUSR1);
  waits_for_all();
  vine_go(waits_too(done));
  CHECK_EQ(vine_recv(done, int), 1);
  handle(SIGUSR1, on_signal, SA_RESTART); // which these don't heed
  waits_for_all();
}

// --- many, on few threads ---

static int many = 1000, left;

static void one_of_many(int i) {
  struct pollfd p = {wire[0], POLLIN, 0};
  sigset_t none = set_of(0);
  ADD(inside, 1);
  if (i % 3 == 0)
    CHECK_EQ(ppoll(&p, 1, NULL, &none), -1);
  else if (i % 3 == 1)
    CHECK_EQ(sigsuspend(&none), -1);
  else
    CHECK_EQ(ppoll(NULL, 0, NULL, &none), -1);
  CHECK_EQ(errno, EINTR);
  ADD(left, 1);
  vine_group_done(&wg);
}

static void many_wait(void) {
  inside = left = handled = 0;
  handle(SIGUSR1, on_any, 0);
  vine_group_add(&wg, many);
  for (int i = 0; i < many; i++)
    vine_go(one_of_many(i));
  wait_until(&inside, many);
  wait_for_few_threads();
  CHECK_EQ(GET(left), 0);
  for (int i = 1; i <= many; i++) { // each signal is one goroutine's
    signal_us(SIGUSR1);
    while (GET(left) < i)
      vine_yield();
    CHECK_EQ(GET(handled), i);
    CHECK_EQ(GET(left), i);
  }
  vine_group_wait(&wg);
}

// Signals that are queued, all at once: as many calls end.
enum { QUEUED = 40 };
static int sum;

static void takes_one(int how) {
  sigset_t set = set_of(SIGRTMIN), none = set_of(0);
  siginfo_t info = {0};
  int sig = 0;
  ADD(inside, 1);
  if (how == 0) {
    CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
    ADD(sum, info.si_value.sival_int);
  } else if (how == 1) {
    CHECK_EQ(sigwait(&set, &sig), 0);
    CHECK_EQ(sig, SIGRTMIN);
  } else {
    CHECK(sigsuspend(&none) == -1 && errno == EINTR);
  }
  vine_group_done(&wg);
}

static void queued(void) {
  handle(SIGRTMIN, on_any, 0);
  change(SIG_BLOCK, SIGRTMIN);
  for (int how = 0; how < 3; how++) {
    inside = handled = sum = 0;
    vine_group_add(&wg, QUEUED);
    for (int i = 0; i < QUEUED; i++)
      vine_go(takes_one(how));
    wait_until(&inside, QUEUED);
    wait_for_few_threads();
    for (int i = 1; i <= QUEUED; i++)
      CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) == 0);
    vine_group_wait(&wg);
    CHECK_EQ(sum, how == 0 ? QUEUED * (QUEUED + 1) / 2 : 0);
    CHECK_EQ(GET(handled), how == 2 ? QUEUED : 0);
  }
}

// --- descriptors and signals at once ---

static void told_and_leaves(void) {
  struct pollfd p = {wire[0], POLLIN, 0};
  sigset_t none = set_of(0);
  int n;
  char c;
  ADD(inside, 1);
  while ((n = ppoll(&p, 1, NULL, &none)) < 0)
    CHECK_EQ(errno, EINTR);
  CHECK_EQ(read(wire[0], &c, 1), 1);
  vine_group_done(&wg);
}

static void suspends(void) {
  sigset_t none = set_of(0);
  while (GET(handled) == 0)
    CHECK(sigsuspend(&none) == -1 && errno == EINTR);
  vine_group_done(&wg);
}

// Both come at once: whoever goes for its descriptor leaves the signal to
// others, and the handler runs in one call.
static void both_at_once(void) {
  for (int i = 0; i < 30; i++) {
    inside = handled = 0;
    vine_group_add(&wg, 2);
    vine_go(told_and_leaves());
    vine_go(suspends());
    if (i % 2)
      wait_until(&inside, 1);
    CHECK_EQ(write(wire[1], "x", 1), 1);
    signal_us(SIGUSR1);
    while (GET(handled) == 0) // perhaps by the first, which then reads
      vine_yield();
    CHECK_EQ(GET(handled), 1);
    signal_us(SIGUSR1); // for the other, if it was that
    vine_group_wait(&wg);
    sigset_t set = set_of(SIGUSR1);
    struct timespec at_once = {0, 0};
    sigtimedwait(&set, NULL, &at_once);
  }
}

static void ready_first(void) {
  struct pollfd p = {wire[0], POLLIN, 0};
  sigset_t none = set_of(0), set = set_of(SIGUSR1);
  struct timespec at_once = {0, 0};
  char c;
  handled = 0;
  signal_us(SIGUSR1);
  CHECK_EQ(write(wire[1], "x", 1), 1);
  CHECK_EQ(ppoll(&p, 1, NULL, &none), 1); // as the kernel has it
  CHECK_EQ(GET(handled), 0);
  CHECK_EQ(read(wire[0], &c, 1), 1);
  CHECK_EQ(ppoll(&p, 1, &at_once, &none), -1);
  CHECK_EQ(errno, EINTR);
  CHECK_EQ(GET(handled), 1);
  CHECK_EQ(ppoll(&p, 1, &at_once, &none), 0);
  CHECK(sigtimedwait(&set, NULL, &at_once) == -1 && errno == EAGAIN);
}

// --- a mask that blocks more ---

static void sends_inside(void) {
  change(SIG_BLOCK, SIGUSR2);
  while (!GET(in_call))
    nap();
  nap();
  signal_us(SIGUSR2);
  for (int i = 0; i < 10 && GET(in_call); i++) {
    nap();
    CHECK(GET(handled) == 0 || !GET(in_call));
  }
  vine_group_done(&wg);
}

static void blocks_more(void) {
  struct timespec limit = {0, 30 * MS};
  sigset_t more = set_of(SIGUSR2), now;
  handle(SIGUSR2, on_any, 0);
  for (int i = 0; i < 3; i++) {
    handled = 0;
    vine_group_add(&wg, 1);
    vine_go(sends_inside());
    SET(in_call, 1);
    if (i == 0)
      CHECK_EQ(ppoll(NULL, 0, &limit, &more), 0);
    else if (i == 1)
      CHECK_EQ(pselect(0, NULL, NULL, NULL, &limit, &more), 0);
    else
      CHECK_EQ(epoll_pwait(epoll_fd, &(struct epoll_event){0}, 1, 30, &more),
               0);
    SET(in_call, 0);
    while (GET(handled) == 0) // when the call is over
      nap();
    CHECK_EQ(GET(handled), 1);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(!sigismember(&now, SIGUSR2) && sigismember(&now, SIGUSR1));
    vine_group_wait(&wg);
  }
}

// --- out of the handler by a jump ---

static sigjmp_buf env;

static void jumps(int sig) {
  ADD(handled, 1);
  siglongjmp(env, 1);
}

static void jumps_out(void) {
  sigset_t none = set_of(0), now;
  vine_group_add(&wg, 1);
  for (int i = 0; i < 10; i++) {
    handle(SIGRTMIN, jumps, 0);
    handled = 0;
    if (sigsetjmp(env, 1) == 0) {
      CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 0}) == 0);
      if (i % 2)
        by_ppoll();
      else
        sigsuspend(&none);
      CHECK(0);
    }
    CHECK_EQ(GET(handled), 1);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGRTMIN) && sigismember(&now, SIGUSR1));
    handle(SIGRTMIN, on_any, 0);
    vine_group_add(&wg, 1);
    vine_go(takes_one(2));
    nap();
    CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 0}) == 0);
    while (GET(handled) < 2)
      vine_yield();
  }
  vine_group_done(&wg);
  vine_group_wait(&wg);
}

// --- handlers that run for a goroutine that waits, main blocks the signal ---

static int ended;

static void ends_by_signal(int how) {
  char c;
  struct pollfd p = {wire[0], POLLIN, 0};
  change(SIG_UNBLOCK, SIGUSR1);
  ADD(inside, 1);
  int r = how == 0   ? (int)read(wire[0], &c, 1)
          : how == 1 ? poll(&p, 1, -1)
          : how == 2 ? usleep(600000000)
          : how == 3 ? pause()
                     : by_ppoll();
  CHECK_EQ(r, -1);
  CHECK_EQ(errno, EINTR);
  ADD(ended, 1);
  change(SIG_BLOCK, SIGUSR1);
  vine_group_done(&wg);
}

static void others_end(void) { // N75, of any goroutine
  for (int i = 0; i < 15; i++) {
    int how = i % 5;
    handle(SIGUSR1, on_any, how == 0 ? 0 : i % 2 ? SA_RESTART : 0);
    inside = handled = ended = 0;
    vine_group_add(&wg, 1);
    vine_go(ends_by_signal(how));
    wait_until(&inside, 1);
    CHECK_EQ(GET(ended), 0);
    signal_us(SIGUSR1);
    vine_group_wait(&wg);
    CHECK_EQ(GET(handled), 1);
  }
}

static void reads_on(int fd) {
  char c;
  change(SIG_UNBLOCK, SIGUSR1);
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 1); // SA_RESTART
  vine_group_done(&wg);
}

static void others_go_on(void) {
  inside = handled = 0;
  handle(SIGUSR1, on_any, SA_RESTART);
  vine_group_add(&wg, 1);
  vine_go(reads_on(wire[0]));
  wait_until(&inside, 1);
  signal_us(SIGUSR1);
  while (GET(handled) == 0)
    nap();
  for (int i = 0; i < 5; i++)
    nap();
  CHECK_EQ(write(wire[1], "x", 1), 1);
  vine_group_wait(&wg);
}

// An alarm and pause, with masks that nobody changed. The first may come before
// the pause; so more follow.
static void pauses(void) {
  struct itimerval t = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
  CHECK_EQ(pause(), -1);
  CHECK_EQ(errno, EINTR);
  CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
  vine_group_done(&wg);
}

static void pause_ends(void) {
  handle(SIGALRM, on_any, 0);
  for (int i = 0; i < 4; i++) {
    vine_group_add(&wg, 1);
    if (i % 2)
      pauses();
    else
      vine_go(pauses());
    vine_group_wait(&wg);
  }
}

// --- sigwait and kin ---

static void sends_twice(void) {
  nap();
  signal_us(SIGUSR2); // which is open
  nap();
  signal_us(SIGUSR1);
  vine_group_done(&wg);
}

static void sigwaits(void) {
  sigset_t set = set_of(SIGUSR1);
  struct timespec ms = {0, 3 * MS}, bad = {0, -1}, at_once = {0, 0};
  siginfo_t info;
  int sig = 0;
  CHECK(sigtimedwait(&set, &info, &at_once) == -1 && errno == EAGAIN);
  CHECK(sigtimedwait(&set, &info, &ms) == -1 && errno == EAGAIN);
  CHECK(sigtimedwait(&set, &info, &bad) == -1 && errno == EINVAL);
  CHECK(sigtimedwait((void *)16, &info, &ms) == -1 && errno == EFAULT);
  CHECK(sigtimedwait(&set, &info, (void *)16) == -1 && errno == EFAULT);
  CHECK(sigsuspend((void *)16) == -1 && errno == EFAULT);
  CHECK(sigpause(NSIG) == -1 && errno == EINVAL);
  handle(SIGUSR2, on_any, 0);
  handled = 0;
  vine_group_add(&wg, 1);
  vine_go(sends_twice());
  CHECK_EQ(sigwait(&set, &sig), 0); // not by the other's handler
  CHECK_EQ(sig, SIGUSR1);
  vine_group_wait(&wg);
  while (GET(handled) == 0)
    nap();
  vine_group_add(&wg, 1);
  vine_go(sends_twice());
  handled = 0;
  int r = sigwaitinfo(&set, &info);
  if (r == -1) { // this one is ended by it
    CHECK_EQ(errno, EINTR);
    r = sigwaitinfo(&set, &info);
  }
  CHECK_EQ(r, SIGUSR1);
  CHECK(info.si_pid == getpid() && info.si_code == SI_USER);
  vine_group_wait(&wg);
  raise(SIGUSR1); // in this thread's queue
  CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
  CHECK_EQ(info.si_code, SI_USER);
}

// --- a server that looks after its children ---

static void serves(void) {
  enum { CHILDREN = 8 };
  sigset_t none = set_of(0);
  int ends = 0;
  handle(SIGCHLD, on_any, SA_NOCLDSTOP);
  change(SIG_BLOCK, SIGCHLD);
  handled = 0;
  for (int i = 0; i < CHILDREN; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      usleep((useconds_t)i * 300);
      _exit(i);
    }
    CHECK(pid > 0);
  }
  while (ends < CHILDREN) {
    struct pollfd p = {wire[0], POLLIN, 0};
    CHECK(ppoll(&p, 1, NULL, &none) == -1 && errno == EINTR);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ends++;
  }
  CHECK(GET(handled) > 0);
  change(SIG_UNBLOCK, SIGCHLD);
  signal(SIGCHLD, SIG_DFL);
}

// --- after a fork, and on a thread of its own ---

static void forks(void) {
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    memset(&wg, 0, sizeof wg);
    have_others();
    SET(in_call, 1);
    handle(SIGUSR1, on_any, 0);
    handled = 0;
    vine_group_add(&wg, 1);
    vine_go(sends_after(5));
    CHECK(by_ppoll() == -1 && errno == EINTR);
    vine_group_wait(&wg);
    _exit(7);
  }
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static pthread_t locked;

static void on_own_thread(void) {
  sigset_t none = set_of(0);
  vine_lock_thread();
  locked = pthread_self();
  ADD(inside, 1);
  CHECK(sigsuspend(&none) == -1 && errno == EINTR);
  vine_unlock_thread();
  vine_group_done(&wg);
}

static void locked_threads(void) { // pthread_kill finds it
  inside = handled = 0;
  handle(SIGUSR1, on_any, 0);
  vine_group_add(&wg, 1);
  vine_go(on_own_thread());
  wait_until(&inside, 1);
  CHECK(pthread_kill(locked, SIGUSR1) == 0);
  vine_group_wait(&wg);
  CHECK_EQ(GET(handled), 1);
}

int main(void) {
  struct epoll_event e = {.events = EPOLLIN};
  CHECK(pipe(wire) == 0);
  epoll_fd = epoll_create1(0);
  CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wire[0], &e) == 0);
  if (getenv("MANY"))
    many = atoi(getenv("MANY"));
  have_others();
  pause_ends();
  each_call();
  many_wait();
  queued();
  both_at_once();
  ready_first();
  blocks_more();
  jumps_out();
  sigwaits();
  others_end();
  others_go_on();
  serves();
  forks();
  locked_threads();
  return 0;
}
