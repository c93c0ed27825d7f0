// SPDX-License-Identifier: MIT
// What else closes descriptors: N26, N28, N30.
#include "net.h"

static vine_group wg;
static int inside;

static void expect_ebadf(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static void wait_on(int fd) {
  inside = 0;
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(expect_ebadf(fd));
  wait_until(&inside, 3);
}

// A pipe whose ends have these numbers at least.
static void pipe_above(int least, int fds[2]) {
  int low[2];
  CHECK(pipe(low) == 0);
  for (int i = 0; i < 2; i++) {
    fds[i] = fcntl(low[i], F_DUPFD, least);
    CHECK(fds[i] >= least);
    close(low[i]);
  }
}

static void expect_closed(int fd) {
  CHECK_EQ(fcntl(fd, F_GETFD), -1);
  CHECK_EQ(errno, EBADF);
}

static void write_later(int fd) {
  nap();
  nap();
  CHECK_EQ(write(fd, "x", 1), 1);
  vine_group_done(&wg);
}

// The poller is still there, and numbers that are used again are new ones.
static void still_waits(void) {
  int fds[2];
  char c;
  pipe_above(100, fds);
  vine_group_add(&wg, 1);
  vine_go(write_later(fds[1]));
  CHECK_EQ(read(fds[0], &c, 1), 1);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

static void ranges(void) {
  int fds[2];
  CHECK_EQ(close_range(9, 8, 0), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(close_range(9, 10, 1 << 20), -1);
  CHECK_EQ(errno, EINVAL);
  pipe_above(100, fds);
  wait_on(fds[0]);
  CHECK_EQ(close_range((unsigned)fds[0], (unsigned)fds[1], 0), 0);
  vine_group_wait(&wg);
  expect_closed(fds[0]);
  expect_closed(fds[1]);
  still_waits();
  pipe_above(100, fds);
  CHECK_EQ(close_range(100, ~0u, CLOSE_RANGE_CLOEXEC), 0);
  CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
  wait_on(fds[0]); // which has opened the runtime's own
  CHECK_EQ(close_range(100, ~0u, 0), 0);
  vine_group_wait(&wg);
  expect_closed(fds[0]);
  expect_closed(fds[1]);
  still_waits();
  pipe_above(100, fds);
  wait_on(fds[0]);
  closefrom(100);
  vine_group_wait(&wg);
  expect_closed(fds[1]);
  still_waits();
}

static void files(void) {
  int fds[2];
  pipe_above(100, fds);
  FILE *f = fdopen(fds[0], "r");
  wait_on(fds[0]);
  CHECK_EQ(fclose(f), 0);
  vine_group_wait(&wg);
  close(fds[1]);
  still_waits();

  pipe_above(100, fds);
  f = fdopen(fds[0], "r");
  wait_on(fds[0]);
  CHECK(freopen("/proc/self/exe", "r", f) == f);
  vine_group_wait(&wg);
  CHECK_EQ(getc(f), 127);
  fclose(f);
  close(fds[1]);

  f = popen("read x", "w"); // ends when its input does
  CHECK(f);
  int fd = fileno(f);
  FILE *answers = popen("sleep 0.3", "r");
  CHECK(answers);
  CHECK_EQ(pclose(f) & 0xff, 0);
  expect_closed(fd);
  wait_on(fileno(answers));
  CHECK_EQ(pclose(answers), 0);
  vine_group_wait(&wg);
}

int main(void) {
  have_others();
  ranges();
  files();
  return 0;
}
