// SPDX-License-Identifier: MIT
// poll and select for many descriptors at once: N47, N64, N66, N67, N70, N118.
#include "bytes.h"

#include <signal.h>
#include <sys/mman.h>

enum { POLLERS = 30, EACH = 100, LARGE = 3000, HIGH = 2500 };

static int inside;

static void make_pipe(int fds[2]) { CHECK(pipe(fds) == 0); }

static void close_all(const int *fds, int n) {
  for (int i = 0; i < n; i++)
    CHECK_EQ(close(fds[i]), 0);
}

// Numbers for the same file: each is a descriptor of its own to poll.
static void dup_all(int *fds, int n, int of) {
  for (int i = 0; i < n; i++)
    CHECK((fds[i] = dup(of)) >= 0);
}

static void take_one(int fd) { CHECK_EQ(take(fd), 1); }

// --- few threads ---

static int idle[2], crowd[EACH];

static void poll_among(int fd, int limit_ms) {
  struct pollfd p[EACH + 1];
  for (int i = 0; i <= EACH; i++)
    p[i] = (struct pollfd){i == EACH / 2 ? fd : crowd[i % EACH], POLLIN, 0};
  ADD(inside, 1);
  CHECK_EQ(poll(p, EACH + 1, limit_ms), 1);
  for (int i = 0; i <= EACH; i++)
    CHECK_EQ(p[i].revents, i == EACH / 2 ? POLLIN : 0);
  take_one(fd);
  vine_group_done(&wg);
}

static void select_among(int fd) {
  fd_set r;
  int last = fd;
  FD_ZERO(&r);
  FD_SET(fd, &r);
  for (int i = 0; i < EACH; i++) {
    FD_SET(crowd[i], &r);
    last = crowd[i] > last ? crowd[i] : last;
  }
  ADD(inside, 1);
  CHECK_EQ(select(last + 1, &r, NULL, NULL, NULL), 1);
  for (int i = 0; i < EACH; i++)
    CHECK(!FD_ISSET(crowd[i], &r));
  CHECK(FD_ISSET(fd, &r));
  take_one(fd);
  vine_group_done(&wg);
}

static void start(int i, int fd) {
  if (i % 3 == 0)
    vine_go(select_among(fd));
  else
    vine_go(poll_among(fd, i % 3 == 1 ? -1 : 600000));
}

static void few_threads(void) { // N118
  int own[POLLERS][2];
  make_pipe(idle);
  dup_all(crowd, EACH, idle[0]);
  SET(inside, 0);
  vine_group_add(&wg, POLLERS);
  for (int i = 0; i < POLLERS; i++) {
    make_pipe(own[i]);
    start(i, own[i][0]);
  }
  wait_until(&inside, POLLERS);
  wait_for_few_threads();
  for (int i = 0; i < POLLERS; i++)
    put(own[i * 7 % POLLERS][1]);
  vine_group_wait(&wg);
  for (int i = 0; i < POLLERS; i++)
    close_all(own[i], 2);
}

// --- answers ---

static void answers(void) { // N64
  struct pollfd p[EACH];
  int own[2], file = open("/proc/self/exe", O_RDONLY);
  make_pipe(own);
  for (int i = 0; i < EACH; i++)
    p[i] = (struct pollfd){crowd[i], POLLIN, 0};
  CHECK_EQ(poll(p, EACH, 3), 0);
  p[0].fd = -1;
  p[7].fd = p[70].fd = own[0];
  p[80] = (struct pollfd){file, POLLPRI, 0}; // is never the reason
  later(own[1]);
  CHECK_EQ(poll(p, EACH, -1), 2);
  CHECK(p[7].revents == POLLIN && p[70].revents == POLLIN);
  CHECK(p[0].revents == 0 && p[80].revents == 0);
  take_one(own[0]);
  p[99].fd = 19999;
  CHECK_EQ(poll(p, EACH, -1), 1);
  CHECK_EQ(p[99].revents, POLLNVAL);
  p[99] = (struct pollfd){file, POLLIN, 0};
  CHECK_EQ(poll(p, EACH, -1), 1);
  CHECK_EQ(p[99].revents, POLLIN);
  p[99].fd = -1;
  CHECK_EQ(ppoll(p, EACH, &(struct timespec){0, 2000000}, NULL), 0);
  close(own[1]);
  vine_group_wait(&wg);
  CHECK_EQ(poll(p, EACH, -1), 2);
  CHECK_EQ(p[70].revents, POLLHUP);
  close(own[0]);
  close(file);
}

#define FAILS(call, err)                                                       \
  do {                                                                         \
    CHECK_EQ(call, -1);                                                        \
    CHECK_EQ(errno, err);                                                      \
  } while (0)

static void errors(void) { // N47, N66
  static const struct timeval tv = {0, 2000};
  struct rlimit limit;
  struct pollfd p[EACH] = {{0}};
  struct timespec bad = {0, -1};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  for (int i = 0; i < EACH; i++)
    p[i].fd = crowd[i];
  void *none = (void *)16;
  FAILS(poll(p, limit.rlim_cur + 1, -1), EINVAL);
  FAILS(poll(none, EACH, -1), EFAULT);
  FAILS(ppoll(p, EACH, none, NULL), EFAULT);
  FAILS(ppoll(p, EACH, &bad, NULL), EINVAL);
  FAILS(select(0, NULL, NULL, NULL, none), EFAULT);
  FAILS(pselect(0, NULL, NULL, NULL, none, NULL), EFAULT);
  // The kernel stores what is left of the limit where it can.
  CHECK_EQ(select(0, NULL, NULL, NULL, (struct timeval *)(uintptr_t)&tv), 0);
}

// --- closed meanwhile ---

static void close_later(int fd) {
  vine_sleep(2 * MS);
  CHECK_EQ(close(fd), 0);
  vine_group_done(&wg);
}

static void closed(void) {
  struct pollfd p[EACH];
  fd_set r;
  for (int i = 0; i < EACH; i++)
    p[i] = (struct pollfd){crowd[i], POLLIN, 0};
  p[3].fd = dup(idle[0]);
  vine_group_add(&wg, 1);
  vine_go(close_later(p[3].fd));
  CHECK_EQ(poll(p, EACH, -1), 1);
  CHECK_EQ(p[3].revents, POLLNVAL);
  FD_ZERO(&r);
  for (int i = 0; i < EACH; i++)
    FD_SET(crowd[i], &r);
  int fd = dup(idle[0]);
  FD_SET(fd, &r);
  vine_group_add(&wg, 1);
  vine_go(close_later(fd));
  // To the kernel a number that is closed while it looks is ready.
  if (select(FD_SETSIZE, &r, NULL, NULL, NULL) == 1) {
    CHECK(FD_ISSET(fd, &r) && !FD_ISSET(crowd[0], &r));
  } else {
    CHECK_EQ(errno, EBADF);
    for (int i = 0; i < EACH; i++) // as they were
      CHECK(FD_ISSET(crowd[i], &r));
  }
  vine_group_wait(&wg);
}

// --- signals ---

static volatile sig_atomic_t ran;
static void count(int sig) {
  (void)sig;
  ran++;
}

static int is_over;

// The first may come before the call.
static void kill_often(void) {
  while (!GET(is_over)) {
    vine_sleep(2 * MS);
    CHECK_EQ(kill(getpid(), SIGUSR1), 0);
  }
  vine_group_done(&wg);
}

static void begin_killing(void) {
  SET(is_over, 0);
  vine_group_add(&wg, 1);
  vine_go(kill_often());
}

static void end_killing(void) {
  SET(is_over, 1);
  vine_group_wait(&wg);
}

static void signals(void) { // main's; SA_RESTART doesn't count
  struct sigaction sa = {.sa_handler = count, .sa_flags = SA_RESTART};
  struct pollfd p[EACH];
  sigset_t blocked, open;
  for (int i = 0; i < EACH; i++)
    p[i] = (struct pollfd){crowd[i], POLLIN, 0};
  CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
  ran = 0;
  begin_killing();
  FAILS(poll(p, EACH, -1), EINTR);
  end_killing();
  CHECK(ran > 0);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  CHECK_EQ(sigprocmask(SIG_BLOCK, &blocked, &open), 0);
  ran = 0;
  begin_killing();
  FAILS(ppoll(p, EACH, NULL, &open), EINTR);
  end_killing();
  CHECK(ran > 0);
  CHECK_EQ(sigprocmask(SIG_SETMASK, &open, NULL), 0);
}

// --- thousands ---

static void large(void) { // N70
  static struct pollfd p[LARGE];
  static int fds[LARGE], own[2];
  make_pipe(own);
  dup_all(fds, LARGE, idle[0]);
  for (int i = 0; i < LARGE; i++)
    p[i] = (struct pollfd){fds[i], POLLIN, 0};
  for (int i = 0; i < 4; i++) {
    int at = i * (LARGE - 1) / 3;
    p[at].fd = own[0];
    later(own[1]);
    CHECK_EQ(poll(p, LARGE, -1), 1);
    CHECK_EQ(p[at].revents, POLLIN);
    take_one(own[0]);
    p[at].fd = fds[at];
    vine_group_wait(&wg);
  }
  CHECK_EQ(poll(p, LARGE, 1), 0);
  close_all(fds, LARGE);
  close_all(own, 2);
}

// Its stack may not have as much as the records take: holds a thread.
static void poll_large(int fd) {
  static struct pollfd p[LARGE];
  for (int i = 0; i < LARGE; i++)
    p[i] = (struct pollfd){i == 1 ? fd : -1, POLLIN, 0};
  CHECK_EQ(poll(p, LARGE, -1), 1);
  CHECK_EQ(p[1].revents, POLLIN);
  take_one(fd);
  vine_group_done(&wg);
}

static void poll_small(void *fd) { poll_large(*(int *)fd); }

static void no_room(void) {
  struct vine_spawn_options o = {.size = sizeof o, .max_stack = 65536};
  int own[2];
  make_pipe(own);
  vine_group_add(&wg, 1);
  CHECK_EQ(vine_spawn_with(&o, poll_small, &own[0]), 0);
  later(own[1]);
  vine_group_wait(&wg);
  close_all(own, 2);
}

// --- sets that are larger than an fd_set, and smaller than they are said to be

static long large_set[8192 / 64];

static bool has(int fd) {
  return (unsigned long)large_set[fd / 64] >> fd % 64 & 1;
}

static void add(int fd) { large_set[fd / 64] |= (long)(1ul << fd % 64); }

static void large_sets(void) { // N67
  int own[2], high[EACH];
  fd_set *r = (fd_set *)(void *)large_set;
  struct timeval tv = {0, 2000};
  make_pipe(own);
  int fd = fcntl(own[0], F_DUPFD, HIGH);
  CHECK(fd >= HIGH);
  for (int i = 0; i < EACH; i++)
    CHECK((high[i] = fcntl(idle[0], F_DUPFD, HIGH)) > fd);
  for (int round = 0; round < 3; round++) {
    memset(large_set, 0, sizeof large_set);
    add(fd);
    for (int i = 0; i < (round ? EACH : 5); i++)
      add(high[i]);
    later(own[1]);
    CHECK_EQ(select(8192, r, NULL, NULL, NULL), 1);
    CHECK(has(fd) && !has(high[0]));
    take_one(fd);
    vine_group_wait(&wg);
  }
  add(high[0]);
  CHECK_EQ(select(8192, r, NULL, NULL, &tv), 0);
  CHECK(!has(fd) && !has(high[0]));
  CHECK_EQ(close(fd), 0);
  add(fd);
  FAILS(select(8192, r, NULL, NULL, &tv), EBADF);
  CHECK(has(fd));
  close_all(high, EACH);
  close_all(own, 2);
}

static void beyond_the_table(void) {
  static struct {
    fd_set set;
    long others[64]; // as bits: descriptors that the process can't have yet
  } s;
  int own[2];
  struct timeval tv = {0, 2000};
  make_pipe(own);
  FD_SET(own[0], &s.set);
  memset(s.others + 16, 0x55, sizeof s.others - 16 * sizeof(long));
  CHECK_EQ(select(5120, &s.set, NULL, NULL, &tv), 0);
  CHECK(!FD_ISSET(own[0], &s.set));
  for (int i = 16; i < 64; i++)
    CHECK_EQ(s.others[i], 0x5555555555555555);
  FD_SET(own[0], &s.set);
  later(own[1]);
  CHECK_EQ(select(5120, &s.set, NULL, NULL, NULL), 1);
  CHECK(FD_ISSET(own[0], &s.set));
  vine_group_wait(&wg);
  take_one(own[0]);
  tv = (struct timeval){0, 2000}; // an fd_set's end may be closed, too
  FD_ZERO(&s.set);
  FD_SET(own[0], &s.set);
  CHECK_EQ(select(FD_SETSIZE, &s.set, NULL, NULL, &tv), 0);
  close_all(own, 2);
}

int main(void) {
  want_descriptors(HIGH + LARGE);
  have_others();
  beyond_the_table(); // while it is small
  few_threads();
  answers();
  errors();
  closed();
  signals();
  large();
  no_room();
  large_sets();
  return 0;
}
