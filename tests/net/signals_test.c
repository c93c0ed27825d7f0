// SPDX-License-Identifier: MIT
// EINTR, sleeping, forks, children: N71, N75 to N78, N80, N82, N83, N87.
#include "net.h"
#include "wire.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <threads.h>

static vine_group wg;
static int inside, handled;

static void on_signal(int sig) { ADD(handled, 1); }

static void handle(int sig, int flags) {
  struct sigaction a = {.sa_handler = on_signal, .sa_flags = flags};
  CHECK(sigaction(sig, &a, NULL) == 0);
}

static void alarm_after(int ms) {
  struct itimerval t = {{0, 0}, {0, ms * 1000}};
  CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static void read_on(void) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(wire[0], &c, 1), 1); // N76: never EINTR
  vine_group_done(&wg);
}

static int do_fgets(void) {
  char buf[8];
  FILE *f = fdopen(dup(wire[0]), "r");
  errno = 0;
  char *s = fgets(buf, sizeof buf, f);
  int err = errno;
  CHECK(ferror(f) && !feof(f));
  fclose(f);
  errno = err;
  return s ? 0 : -1;
}
static int do_usleep(void) { return usleep(60000000); }

static void ends(int (*f)(void)) {
  handled = 0;
  alarm_after(20);
  CHECK_EQ(f(), -1);
  CHECK_EQ(errno, EINTR);
  CHECK_EQ(handled, 1);
}

static void write_later(int fd, int ms) {
  vine_sleep(ms * MS);
  CHECK_EQ(write(fd, "x", 1), 1);
  vine_group_done(&wg);
}

static void interrupts(void) { // N75
  handle(SIGALRM, 0);
  for (int i = 0; i < 3; i++) {
    ends(read_wire);
    ends(do_fgets);
    ends(poll_wire);
    ends(select_wire);
    ends(do_usleep);
  }
  alarm_after(20);
  CHECK_EQ(sleep(30), 29); // N71: the rest, in whole seconds
  struct timespec t = {30, 0}, left = {0, 0};
  alarm_after(20);
  CHECK_EQ(nanosleep(&t, &left), -1);
  CHECK(left.tv_sec == 29);
  alarm_after(20);
  CHECK_EQ(nanosleep(&t, (void *)16), -1);
  CHECK_EQ(errno, EFAULT);
  // What ran before doesn't count. N78
  raise(SIGALRM);
  vine_group_add(&wg, 1);
  vine_go(write_later(wire[1], 20));
  CHECK_EQ(read_wire(), 1);
  vine_group_wait(&wg);
}

static void restarts(void) { // N77
  handle(SIGALRM, SA_RESTART);
  handled = 0;
  alarm_after(10);
  vine_group_add(&wg, 1);
  vine_go(write_later(wire[1], 60));
  CHECK_EQ(read_wire(), 1);
  CHECK_EQ(handled, 1);
  vine_group_wait(&wg);
  ends(poll_wire);
  ends(do_usleep);
}

static void others_dont_notice(void) {
  inside = 0;
  handle(SIGALRM, 0);
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(read_on());
  wait_until(&inside, 3);
  ends(do_usleep);
  CHECK_EQ(write(wire[1], "abc", 3), 3);
  vine_group_wait(&wg);
}

// What threads and other goroutines do to themselves ends no call of main's.
static void *signal_me(void *arg) {
  for (int i = 0; i < 3; i++) {
    usleep(5000);
    pthread_kill(pthread_self(), SIGALRM);
    raise(SIGALRM);
  }
  return arg;
}

static void signal_us(void) {
  int fds[2];
  CHECK(pipe(fds) == 0);
  close(fds[0]);
  for (int i = 0; i < 3; i++) {
    vine_sleep(5 * MS);
    raise(SIGALRM);
    CHECK(write(fds[1], "x", 1) < 0 && errno == EPIPE);
  }
  close(fds[1]);
  vine_group_done(&wg);
}

static void others_signals(void) { // N76
  pthread_t t;
  handle(SIGALRM, 0);
  handle(SIGPIPE, 0);
  handled = 0;
  CHECK(pthread_create(&t, NULL, signal_me, NULL) == 0);
  vine_group_add(&wg, 1);
  vine_go(signal_us());
  for (int i = 0; i < 5; i++)
    CHECK_EQ(usleep(10000), 0);
  CHECK(pthread_join(t, NULL) == 0);
  vine_group_wait(&wg);
  CHECK_EQ(GET(handled), 12);
}

// --- until a time of day: N71, N118 ---

static struct timespec time_in(long ms) {
  struct timespec t;
  CHECK_EQ(clock_gettime(CLOCK_REALTIME, &t), 0);
  t.tv_sec += ms / 1000;
  t.tv_nsec += ms % 1000 * 1000000;
  if (t.tv_nsec >= 1000000000)
    t = (struct timespec){t.tv_sec + 1, t.tv_nsec - 1000000000};
  return t;
}

static void sleep_until(struct timespec t) {
  struct timespec now;
  ADD(inside, 1);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL), 0);
  CHECK_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
  CHECK(now.tv_sec > t.tv_sec ||
        (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec));
  vine_group_done(&wg);
}

static void times_of_day(void) {
  enum { SLEEPERS = 40 };
  struct timespec later = time_in(600000), none = {0, 0}, bad = {1, -1};
  int before = descriptors();
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &none, NULL), 0);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &bad, NULL), EINVAL);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, (void *)16, NULL),
           EFAULT);
  SET(inside, 0);
  vine_group_add(&wg, SLEEPERS);
  struct timespec soon = time_in(400);
  for (int i = 0; i < SLEEPERS; i++)
    vine_go(sleep_until(soon));
  while (GET(inside) < SLEEPERS)
    vine_yield();
  CHECK(threads() < SLEEPERS || time_in(0).tv_sec > soon.tv_sec);
  vine_group_wait(&wg);
  handle(SIGALRM, SA_RESTART);
  struct itimerval often = {{0, 20000}, {0, 20000}}, never = {0};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &later, NULL), EINTR);
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  CHECK_EQ(descriptors(), before);
}

static void sleeps(void) { // N71
  struct timespec bad = {0, 1000000000}, none = {0, 0}, past = {1, 0};
  CHECK_EQ(nanosleep(&bad, NULL), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(nanosleep(&none, NULL), 0);
  CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL);
  CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL), 0);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL), 0);
  void *const nowhere = (void *)16; // N47
  CHECK_EQ(nanosleep(nowhere, NULL), -1);
  CHECK_EQ(errno, EFAULT);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, nowhere, NULL), EFAULT);
  CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, nowhere, NULL),
           EFAULT);
  CHECK_EQ(thrd_sleep(nowhere, NULL), -2);
  CHECK_EQ(nanosleep(&none, nowhere), 0);
  CHECK_EQ(sleep(0), 0);
  int64_t from = vine_now();
  CHECK_EQ(usleep(3000), 0);
  struct timespec ms = {0, 3000000};
  CHECK_EQ(nanosleep(&ms, NULL), 0);
  CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &ms, NULL), 0);
  CHECK(vine_now() - from >= 9 * MS);
}

// --- a handler's own calls are plain ones, N80 ---

static int spare;

static void on_usr1(int sig) {
  struct pollfd p = {wire[0], POLLIN, 0};
  int saved = errno;
  CHECK_EQ(poll(&p, 1, 0), 0);
  CHECK_EQ(close(spare), 0);
  CHECK_EQ(write(wire[1], "h", 1), 1);
  ADD(handled, 1);
  errno = saved;
}

static void in_handlers(void) {
  struct sigaction a = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
  char c;
  CHECK(sigaction(SIGUSR1, &a, NULL) == 0);
  handled = 0;
  spare = dup(wire[1]);
  raise(SIGUSR1);
  CHECK_EQ(read(wire[0], &c, 1), 1);
  CHECK_EQ(handled, 1);
}

// --- the child of a fork has a poller of its own, N82, N83 ---

static void child(void) {
  int fds[2];
  char c;
  CHECK(pipe(fds) == 0);
  have_others();
  for (int i = 0; i < 3; i++) {
    vine_group_add(&wg, 1);
    vine_go(write_later(fds[1], 2));
    CHECK_EQ(read(fds[0], &c, 1), 1);
    vine_group_wait(&wg);
  }
  CHECK_EQ(usleep(1000), 0);
  _exit(7);
}

static void forks(void) {
  int st;
  inside = 0;
  vine_group_add(&wg, 1);
  vine_go(read_on());
  wait_until(&inside, 1);
  pid_t pid = fork();
  if (pid == 0) {
    memset(&wg, 0, sizeof wg); // the parent's waits for its own
    child();
  }
  CHECK(waitpid(pid, &st, 0) == pid);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
  CHECK_EQ(write(wire[1], "x", 1), 1); // the parent's waiter is still there
  vine_group_wait(&wg);
}

// --- children, N87 ---

enum { CHILDREN = 30 };

static void wait_child(pid_t pid, int i) {
  int st = 0;
  struct rusage usage;
  ADD(inside, 1);
  CHECK_EQ(i % 2 ? waitpid(pid, &st, 0) : wait4(pid, &st, 0, &usage), pid);
  CHECK(WIFEXITED(st) && WEXITSTATUS(st) == i);
  vine_group_done(&wg);
}

static void children(void) {
  int go[2], before = threads();
  char c;
  CHECK(pipe(go) == 0);
  inside = 0;
  vine_group_add(&wg, CHILDREN);
  for (int i = 0; i < CHILDREN; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      close(go[1]);
      CHECK_EQ(read(go[0], &c, 1), 0);
      _exit(i);
    }
    CHECK(pid > 0);
    vine_go(wait_child(pid, i));
  }
  wait_until(&inside, CHILDREN);
  wait_for_threads(before + CHILDREN / 2 - 1);
  close(go[0]);
  close(go[1]);
  vine_group_wait(&wg);
  CHECK_EQ(waitpid(getpid(), NULL, 0), -1);
  CHECK_EQ(errno, ECHILD);
  CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
  CHECK_EQ(errno, ECHILD);
}

int main(void) {
  CHECK(pipe(wire) == 0);
  have_others();
  sleeps();
  times_of_day();
  interrupts();
  restarts();
  others_dont_notice();
  others_signals();
  in_handlers();
  forks();
  children();
  return 0;
}
