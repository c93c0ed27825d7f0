// SPDX-License-Identifier: MIT
// Signals that are sent to main's thread, by its number, end main's parked call
// and no other's: N76, N77.
#include "net.h"
#include "wire.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_t first; // main's
static int listener, ep, inside, is_over;
static volatile int handled, value;
static vine_group wg, senders;

static void on_signal(int sig, siginfo_t *info, void *context) {
  (void)sig;
  (void)context;
  ADD(handled, 1);
  value = info->si_value.sival_int;
}

static void handle(int flags) {
  struct sigaction sa = {.sa_sigaction = on_signal,
                         .sa_flags = flags | SA_SIGINFO};
  CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
}

// --- ways to send it ---

static void by_pthread_kill(void) { CHECK_EQ(pthread_kill(first, SIGUSR1), 0); }

static void by_queue(void) {
  union sigval v = {.sival_int = 42};
  CHECK_EQ(pthread_sigqueue(first, SIGUSR1, v), 0);
}

static void by_id(void) { CHECK_EQ(tgkill(getpid(), getpid(), SIGUSR1), 0); }

static void (*const ways[])(void) = {by_pthread_kill, by_queue, by_id};

// The first may come before the call that it is to end.
static void send_often(void (*way)(void)) {
  while (!GET(is_over)) {
    vine_sleep(MS);
    way();
  }
  vine_group_done(&senders);
}

static void send_often_masked(void (*way)(void)) {
  sigset_t set;
  sigfillset(&set);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
  send_often(way);
}

static void *send_often_thread(void *way) {
  while (!GET(is_over)) {
    usleep(1000);
    ((void (*)(void))(uintptr_t)way)();
  }
  vine_group_done(&senders);
  return NULL;
}

enum { BY_GOROUTINE, BY_MASKED, BY_THREAD, SENDERS };

static void begin(int sender, void (*way)(void)) {
  pthread_t t;
  SET(is_over, 0);
  SET(handled, 0);
  vine_group_add(&senders, 1);
  if (sender == BY_GOROUTINE)
    vine_go(send_often(way));
  else if (sender == BY_MASKED)
    vine_go(send_often_masked(way));
  else
    CHECK(pthread_create(&t, NULL, send_often_thread, (void *)(uintptr_t)way) ==
              0 &&
          pthread_detach(t) == 0);
}

static void end(void) {
  SET(is_over, 1);
  vine_group_wait(&senders);
}

// --- calls that it ends ---

static int do_accept(void) { return accept(listener, NULL, NULL); }
static int do_epoll(void) {
  struct epoll_event e;
  return epoll_wait(ep, &e, 1, -1);
}
static int do_sleep(void) {
  struct timespec t = {600, 0}, left = {0, 0};
  int r = nanosleep(&t, &left);
  CHECK(left.tv_sec > 100);
  return r;
}
static int do_pause(void) { return pause(); }

static int (*const calls[])(void) = {
    read_wire, do_accept, poll_wire, select_wire, do_epoll, do_sleep, do_pause};
enum { CALLS = sizeof calls / sizeof calls[0], WAYS = 3 };

// Those of others go on.
static void read_on(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 1);
  vine_group_done(&wg);
}

static void each_call(void) { // N76
  int fds[2];
  CHECK(pipe(fds) == 0);
  SET(inside, 0);
  handle(0);
  vine_group_add(&wg, 1);
  vine_go(read_on(fds[0]));
  wait_until(&inside, 1);
  for (int i = 0; i < CALLS * SENDERS; i++) {
    begin(i / CALLS, ways[i % WAYS]);
    CHECK_EQ(calls[i % CALLS](), -1);
    CHECK_EQ(errno, EINTR);
    CHECK(GET(handled) > 0);
    end();
  }
  CHECK_EQ(write(fds[1], "x", 1), 1);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

static void values(void) {
  begin(BY_GOROUTINE, by_queue);
  CHECK(read_wire() == -1 && errno == EINTR);
  CHECK_EQ(value, 42);
  end();
}

static void write_when_handled(void) {
  while (GET(handled) < 3)
    nap();
  CHECK_EQ(write(wire[1], "x", 1), 1);
  vine_group_done(&wg);
}

static void restarts(void) { // N77
  handle(SA_RESTART);
  begin(BY_GOROUTINE, by_pthread_kill);
  vine_group_add(&wg, 1);
  vine_go(write_when_handled());
  CHECK_EQ(read_wire(), 1);
  CHECK(poll_wire() == -1 && errno == EINTR);
  end();
  handle(0);
}

// --- main blocks it, runs, or sends it itself ---

static void blocked(void) {
  sigset_t set, none;
  siginfo_t info;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
  begin(BY_MASKED, by_queue);
  for (int i = 0; i < 5; i++) {
    CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    CHECK_EQ(info.si_value.sival_int, 42);
  }
  CHECK_EQ(GET(handled), 0);
  CHECK(sigsuspend(&none) == -1 && errno == EINTR);
  CHECK(GET(handled) > 0);
  end();
  CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void runs(void) {
  begin(BY_GOROUTINE, by_pthread_kill);
  while (GET(handled) < 3)
    vine_yield();
  end();
  begin(BY_THREAD, by_pthread_kill);
  while (GET(handled) < 3)
    ;
  end();
}

static void by_main_itself(void) {
  for (int i = 0; i < 30; i++) {
    SET(handled, 0);
    ways[i % WAYS]();
    CHECK_EQ(GET(handled), 1);
    nap(); // main goes on elsewhere
  }
}

// --- other threads, and what is no signal ---

static void *wait_in_thread(void *arg) {
  SET(inside, 1);
  while (GET(handled) == 0)
    pause();
  return arg;
}

static void other_threads(void) {
  pthread_t t;
  SET(inside, 0);
  SET(handled, 0);
  CHECK(pthread_create(&t, NULL, wait_in_thread, NULL) == 0);
  while (!GET(inside))
    nap();
  while (!GET(handled)) {
    CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
    nap();
  }
  CHECK(pthread_join(t, NULL) == 0);
  CHECK_EQ(pthread_kill(first, 0), 0);
  CHECK_EQ(pthread_kill(first, 1000), EINVAL);
  CHECK_EQ(pthread_kill(first, -1), EINVAL);
  CHECK_EQ(tgkill(getpid(), getpid(), 1000), -1);
  CHECK_EQ(errno, EINVAL);
  signal(SIGUSR2, SIG_IGN);
  CHECK_EQ(pthread_kill(first, SIGUSR2), 0);
}

int main(void) {
  struct sockaddr_in addr;
  struct epoll_event e = {.events = EPOLLIN};
  first = pthread_self();
  CHECK(pipe(wire) == 0);
  ep = epoll_create1(0);
  CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, wire[0], &e) == 0);
  listener = listen_on_loopback(&addr);
  have_others();
  each_call();
  values();
  restarts();
  blocked();
  runs();
  by_main_itself();
  other_threads();
  return 0;
}
