// SPDX-License-Identifier: MIT
// VINEDEBUG=redirect=1: main's calls park though there is no other goroutine,
// and so do those of forked children. Results are as ever: N75, N82, N83, N87.
#include "net.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/wait.h>

static bool is_redirected;
static int wire[2];

// The poller is open once a call has parked (N122).
static void check_poller(void) {
  bool found = false;
  for (int fd = 1000; fd < 1100 && !found; fd++) {
    char path[64], to[64] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    found = readlink(path, to, sizeof to - 1) > 0 && strstr(to, "eventpoll");
  }
  CHECK_EQ(found, is_redirected);
}

static void on_signal(int sig) {}

// Again and again, should one come before the call. 0: no more.
static void alarm_each(int ms) {
  struct itimerval t = {{0, ms * 1000}, {0, ms * 1000}};
  CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static pid_t child_that(void (*f)(void)) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    f();
    _exit(7);
  }
  return pid;
}

static void wait_for(pid_t pid) {
  int status;
  CHECK_EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void write_late(void) {
  CHECK(usleep(20000) == 0);
  CHECK_EQ(write(wire[1], "x", 1), 1);
}

static void read_one(void) {
  char c;
  CHECK_EQ(read(wire[0], &c, 1), 1);
}

static void waits(void) {
  int ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN};
  struct pollfd p = {wire[0], POLLIN, 0};
  fd_set set;
  CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, wire[0], &e) == 0);
  pid_t pid = child_that(write_late);
  read_one();
  wait_for(pid);
  pid = child_that(write_late);
  CHECK_EQ(poll(&p, 1, -1), 1);
  read_one();
  wait_for(pid);
  pid = child_that(write_late);
  FD_ZERO(&set);
  FD_SET(wire[0], &set);
  CHECK_EQ(select(wire[0] + 1, &set, NULL, NULL, NULL), 1);
  read_one();
  wait_for(pid);
  pid = child_that(write_late);
  CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
  read_one();
  wait_for(pid);
  close(ep);
}

static void interrupted(void) {
  struct sigaction a = {.sa_handler = on_signal};
  char c;
  CHECK(sigaction(SIGALRM, &a, NULL) == 0);
  alarm_each(20);
  for (int i = 0; i < 3; i++) {
    CHECK(read(wire[0], &c, 1) < 0 && errno == EINTR);
    CHECK(usleep(60000000) < 0 && errno == EINTR);
  }
  alarm_each(0);
}

// Nobody has waited for a descriptor yet.
static void interrupted_first(int (*f)(void)) {
  struct sigaction a = {.sa_handler = on_signal};
  CHECK(sigaction(SIGALRM, &a, NULL) == 0);
  alarm_each(20);
  CHECK(f() < 0 && errno == EINTR);
  alarm_each(0);
}

static int by_poll(void) { return poll(NULL, 0, -1); }
static int by_poll_of_none(void) {
  struct pollfd p = {-1, POLLIN, 0};
  return poll(&p, 1, -1);
}
static int by_select(void) { return select(0, NULL, NULL, NULL, NULL); }
static int by_sleep(void) { return sleep(60) ? (errno = EINTR, -1) : 0; }
static void first_poll(void) { interrupted_first(by_poll); }
static void first_poll_of_none(void) { interrupted_first(by_poll_of_none); }
static void first_select(void) { interrupted_first(by_select); }
static void first_sleep(void) { interrupted_first(by_sleep); }

// What the parent waited for is nothing to the child.
static void grandparent(void) {
  waits();
  interrupted();
  check_poller();
  wait_for(child_that(waits));
}

int main(void) {
  const char *mode = getenv("VINEDEBUG");
  is_redirected = mode && strstr(mode, "redirect=1");
  CHECK(pipe(wire) == 0);
  wait_for(child_that(first_poll));
  wait_for(child_that(first_poll_of_none));
  wait_for(child_that(first_select));
  wait_for(child_that(first_sleep));
  waits();
  check_poller();
  interrupted();
  wait_for(child_that(grandparent));
  return 0;
}
