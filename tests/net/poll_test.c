// SPDX-License-Identifier: MIT
// poll, select, epoll: N47, N64, N65, N66, N69, N70; several goroutines on one
// descriptor.
#include "net.h"

#include <sys/epoll.h>
#include <sys/mman.h>

static vine_group wg;
static int inside;

static void write_later(int fd, int ms) {
  vine_sleep(ms * MS);
  CHECK_EQ(write(fd, "x", 1), 1);
  vine_group_done(&wg);
}

static void later(int fd, int ms) {
  vine_group_add(&wg, 1);
  vine_go(write_later(fd, ms));
}

static void answers_at_once(void) { // N64
  int fds[2];
  CHECK(pipe(fds) == 0);
  int file = open("/proc/self/exe", O_RDONLY);
  struct pollfd p[5] = {{file, POLLIN, 0},
                        {-1, POLLIN, 0},
                        {fds[0], POLLIN, 0},
                        {999, POLLIN, 0},
                        {fds[1], POLLOUT, 0}};
  CHECK_EQ(poll(p, 5, -1), 3);
  CHECK_EQ(p[0].revents, POLLIN);
  CHECK_EQ(p[1].revents, 0);
  CHECK_EQ(p[2].revents, 0);
  CHECK_EQ(p[3].revents, POLLNVAL);
  CHECK_EQ(p[4].revents, POLLOUT);
  CHECK_EQ(poll(p + 2, 1, 0), 0);
  close(fds[1]);
  CHECK_EQ(poll(p + 2, 1, -1), 1);
  CHECK_EQ(p[2].revents, POLLHUP);
  close(fds[0]);
  close(file);
}

static void waits(void) {
  int a[2], b[2];
  char c;
  CHECK(pipe(a) == 0);
  tcp_pair(b);
  struct pollfd p[3] = {{a[0], POLLIN, 0}, {b[0], POLLIN, 0}, {a[0], 0, 0}};
  for (int i = 0; i < 20; i++) {
    int *from = i % 2 ? a : b;
    later(from[1], i % 3);
    CHECK_EQ(poll(p, 3, i % 4 ? -1 : 60000), 1);
    CHECK_EQ(p[i % 2 ? 0 : 1].revents, POLLIN);
    CHECK_EQ(read(from[0], &c, 1), 1);
    vine_group_wait(&wg);
  }
  CHECK_EQ(poll(p, 3, 5), 0);
  CHECK_EQ(poll(NULL, 0, 3), 0); // N65
  p[0].events = 0;               // only the end
  close(b[0]);
  close(b[1]);
  close(a[1]);
  CHECK_EQ(poll(p, 1, -1), 1);
  CHECK_EQ(p[0].revents, POLLHUP);
  close(a[0]);
}

static void watch(int fd, int events) {
  struct pollfd p = {fd, (short)events, 0};
  ADD(inside, 1);
  CHECK_EQ(poll(&p, 1, -1), 1);
  CHECK(p.revents & events);
  vine_group_done(&wg);
}

static void all_look(void) { // beside a reader
  int fds[2];
  char c;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  inside = 0;
  vine_group_add(&wg, 6);
  for (int i = 0; i < 6; i++)
    vine_go(watch(fds[0], POLLIN));
  wait_until(&inside, 6);
  CHECK_EQ(write(fds[1], "y", 1), 1);
  vine_group_wait(&wg);
  CHECK_EQ(read(fds[0], &c, 1), 1);
  close(fds[0]);
  close(fds[1]);
}

static void selects(void) {
  int fds[2];
  char c;
  fd_set r, w;
  struct timeval tv = {60, 0}, odd = {0, 1000000}, bad = {0, -1};
  CHECK(pipe(fds) == 0);
  int n = (fds[0] > fds[1] ? fds[0] : fds[1]) + 1;
  for (int i = 0; i < 5; i++) {
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(fds[0], &r);
    later(fds[1], 2);
    CHECK_EQ(select(n, &r, &w, NULL, i ? &tv : NULL), 1);
    CHECK(FD_ISSET(fds[0], &r));
    CHECK(!FD_ISSET(fds[1], &r));
    CHECK_EQ(read(fds[0], &c, 1), 1);
    vine_group_wait(&wg);
  }
  CHECK(tv.tv_sec < 60 || tv.tv_usec == 0); // N66
  FD_SET(fds[1], &w);
  CHECK_EQ(select(n, &r, &w, NULL, &tv), 1);
  CHECK(!FD_ISSET(fds[0], &r));
  CHECK(FD_ISSET(fds[1], &w));
  CHECK_EQ(select(0, NULL, NULL, NULL, &odd), 0);
  CHECK_EQ(odd.tv_sec, 0);
  CHECK_EQ(select(n, &r, NULL, NULL, &bad), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(select(-1, &r, NULL, NULL, NULL), -1);
  CHECK_EQ(errno, EINVAL);
  struct timespec ts = {0, 3000000};
  FD_ZERO(&r);
  FD_SET(fds[0], &r);
  CHECK_EQ(pselect(n, &r, NULL, NULL, &ts, NULL), 0);
  CHECK(!FD_ISSET(fds[0], &r));
  close(fds[0]);
  FD_SET(fds[0], &r);
  CHECK_EQ(select(n, &r, NULL, NULL, NULL), -1);
  CHECK_EQ(errno, EBADF);
  close(fds[1]);
}

static void epolls(void) { // N69
  int fds[2], other[2];
  char buf[8];
  CHECK(pipe(fds) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
  int set = epoll_create1(0);
  struct epoll_event e = {EPOLLIN, {.u32 = 7}}, got[4];
  CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &e), 0);
  e = (struct epoll_event){EPOLLIN | EPOLLET, {.u32 = 8}};
  CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, other[0], &e), 0);
  CHECK_EQ(epoll_wait(set, got, 4, 0), 0);
  CHECK_EQ(epoll_wait(set, got, 4, 3), 0);
  for (int i = 0; i < 10; i++) {
    later(i % 2 ? fds[1] : other[1], i % 3);
    CHECK_EQ(epoll_wait(set, got, 4, i % 4 ? -1 : 60000), 1);
    CHECK_EQ(got[0].data.u32, i % 2 ? 7 : 8);
    if (i % 2) { // once more, as long as it isn't read
      CHECK_EQ(epoll_wait(set, got, 4, -1), 1);
      CHECK_EQ(read(fds[0], buf, 1), 1);
    } else { // edges: not again
      CHECK_EQ(epoll_wait(set, got, 4, 2), 0);
    }
    vine_group_wait(&wg);
  }
  CHECK_EQ(epoll_wait(set, got, 0, -1), -1);
  CHECK_EQ(errno, EINVAL);
  close(set);
  CHECK_EQ(epoll_wait(set, got, 4, -1), -1);
  CHECK_EQ(errno, EBADF);
  for (int i = 0; i < 2; i++) {
    close(fds[i]);
    close(other[i]);
  }
}

enum { MANY = 200 };

static void many_again(void) { // N70: more than park, and again and again
  static int fds[MANY][2];
  static struct pollfd p[MANY];
  char c;
  for (int i = 0; i < MANY; i++) {
    CHECK(pipe(fds[i]) == 0);
    p[i] = (struct pollfd){fds[i][0], POLLIN, 0};
  }
  for (int i = 0; i < 20; i++) {
    int n = i % 2 ? MANY : 20;
    later(fds[i][1], 1);
    CHECK_EQ(poll(p, (nfds_t)n, -1), 1);
    CHECK_EQ(p[i].revents, POLLIN);
    CHECK_EQ(read(fds[i][0], &c, 1), 1);
    vine_group_wait(&wg);
  }
  for (int i = 0; i < MANY; i++) {
    close(fds[i][0]);
    close(fds[i][1]);
  }
}

// --- addresses that nobody may read or write: N47 ---

static void fails(int result, int err) {
  CHECK_EQ(result, -1);
  CHECK_EQ(errno, err);
}

static void bad_addresses(void) {
  void *const bad = (void *)16;
  int fds[2], ep = epoll_create1(0);
  struct pollfd p = {-1, POLLIN, 0};
  struct epoll_event e = {.events = EPOLLIN};
  struct timeval tv = {1, 0};
  struct timespec ts = {0, 1000000};
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
  fd_set *at_end = (fd_set *)(void *)(pages + 4096 - 8); // of 64 descriptors
  CHECK(pipe(fds) == 0 && fds[1] < 64);
  fails(poll(bad, 1, -1), EFAULT);
  fails(ppoll(bad, 1, NULL, NULL), EFAULT);
  fails(ppoll(&p, 1, &ts, bad), EFAULT);
  fails(select(1, bad, NULL, NULL, NULL), EFAULT);
  fails(select(1, NULL, bad, NULL, &tv), EFAULT);
  fails(select(1, NULL, NULL, bad, &tv), EFAULT);
  fails(pselect(1, bad, NULL, NULL, &ts, NULL), EFAULT);
  fails(pselect(0, NULL, NULL, NULL, &ts, bad), EFAULT);
  CHECK_EQ(select(0, bad, bad, bad, &(struct timeval){0, 1000}), 0);
  fails(select(65, NULL, at_end, NULL, NULL), EFAULT);
  FD_SET(fds[1], at_end);
  CHECK_EQ(select(64, NULL, at_end, NULL, NULL), 1);
  CHECK(mprotect(pages, 4096, PROT_READ) == 0);
  fails(select(64, NULL, at_end, NULL, NULL), EFAULT);
  CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e) == 0);
  later(fds[1], 1);
  fails(epoll_wait(ep, bad, 1, -1), EFAULT);
  fails(epoll_pwait(ep, &e, 1, 1, bad), EFAULT);
  fails(epoll_wait(ep, &e, 0, -1), EINVAL);
  if (epoll_pwait2(ep, &e, 1, bad, NULL) < 0)
    CHECK(errno == EFAULT || errno == ENOSYS);
  else
    CHECK(0);
  vine_group_wait(&wg);
  CHECK(munmap(pages, 8192) == 0);
  close(fds[0]);
  close(fds[1]);
  close(ep);
}

int main(void) {
  have_others();
  bad_addresses();
  answers_at_once();
  waits();
  all_look();
  selects();
  epolls();
  many_again();
  return 0;
}
