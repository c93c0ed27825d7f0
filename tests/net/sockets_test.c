// SPDX-License-Identifier: MIT
// Connections and datagrams: N40, N48, N50, N53, N56, N57, N60, N61.
#include "net.h"

static vine_group wg;

static void be_served(const struct sockaddr_in *addr, int i) {
  char out[32], in[32];
  int fd = connect_to(addr);
  CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0); // N60
  int n = snprintf(out, sizeof out, "client %d", i);
  for (int turn = 0; turn < 10; turn++) {
    CHECK_EQ(send(fd, out, (size_t)n, 0), n);
    read_exactly(fd, in, (size_t)n);
    CHECK(memcmp(in, out, (size_t)n) == 0);
  }
  close(fd);
  vine_group_done(&wg);
}

static void serve_one(int fd) {
  char buf[100];
  ssize_t n;
  while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
    CHECK_EQ(write(fd, buf, (size_t)n), n);
  CHECK_EQ(n, 0);
  close(fd);
  vine_group_done(&wg);
}

enum { ACCEPTORS = 3, EACH = 20 };

static void serve(int l) {
  for (int i = 0; i < EACH; i++) {
    struct sockaddr_in from;
    socklen_t bytes = sizeof from;
    int fd = accept4(l, (struct sockaddr *)&from, &bytes, SOCK_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(bytes, sizeof from);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC); // N56
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    vine_go(serve_one(fd));
  }
  vine_group_done(&wg);
}

static void echo(void) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  vine_group_add(&wg, ACCEPTORS + 2 * ACCEPTORS * EACH);
  for (int i = 0; i < ACCEPTORS; i++)
    vine_go(serve(l));
  for (int i = 0; i < ACCEPTORS * EACH; i++)
    vine_go(be_served(&addr, i));
  vine_group_wait(&wg);
  fcntl(l, F_SETFL, O_NONBLOCK);
  CHECK_EQ(accept(l, NULL, NULL), -1);
  CHECK_EQ(errno, EAGAIN);
  close(l);
}

static void refused(void) { // N57
  struct sockaddr_in addr = {.sin_family = AF_INET};
  socklen_t bytes = sizeof addr;
  int bound = socket(AF_INET, SOCK_STREAM, 0); // and doesn't listen
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(bound, (struct sockaddr *)&addr, bytes) == 0);
  CHECK(getsockname(bound, (struct sockaddr *)&addr, &bytes) == 0);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof addr), -1);
  CHECK_EQ(errno, ECONNREFUSED);
  CHECK_EQ(connect(fd, (struct sockaddr *)16, sizeof addr), -1);
  CHECK_EQ(errno, EFAULT);
  close(fd);
  CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof addr), -1);
  CHECK_EQ(errno, EBADF);
  close(bound);
  fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int l = listen_on_loopback(&addr);
  int r = connect(fd, (struct sockaddr *)&addr, sizeof addr);
  CHECK(r == 0 || errno == EINPROGRESS);
  CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
  close(fd);
  fd = connect_to(&addr);
  CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof addr), -1);
  CHECK_EQ(errno, EISCONN);
  close(fd);
  close(l);
}

static int udp(struct sockaddr_in *addr) {
  socklen_t bytes = sizeof *addr;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  *addr = (struct sockaddr_in){.sin_family = AF_INET};
  addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, (struct sockaddr *)addr, sizeof *addr) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)addr, &bytes) == 0);
  return fd;
}

static void reply(int fd) {
  char buf[100];
  struct sockaddr_in from;
  for (int i = 0; i < 20; i++) {
    socklen_t bytes = sizeof from;
    ssize_t n =
        recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &bytes);
    CHECK(n >= 0);
    CHECK_EQ(sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, bytes), n);
  }
  vine_group_done(&wg);
}

static void datagrams(void) {
  struct sockaddr_in a, b, gone;
  char buf[100];
  int there = udp(&a), here = udp(&b), dead = udp(&gone);
  vine_group_add(&wg, 1);
  vine_go(reply(there));
  CHECK(connect(here, (struct sockaddr *)&a, sizeof a) == 0);
  for (int i = 0; i < 20; i++) {
    CHECK_EQ(write(here, buf, (size_t)i), i); // N40: the first is empty
    CHECK_EQ(read(here, buf, sizeof buf), i);
  }
  vine_group_wait(&wg);
  close(dead);
  CHECK(connect(here, (struct sockaddr *)&gone, sizeof gone) == 0);
  CHECK_EQ(send(here, "x", 1, 0), 1);
  CHECK_EQ(recv(here, buf, 1, 0), -1); // N48
  CHECK_EQ(errno, ECONNREFUSED);
  close(here);
  close(there);
}

static void take_all(int fd) {
  char buf[2048];
  for (int i = 0; i < 1000; i++) {
    CHECK_EQ(recv(fd, buf, sizeof buf, 0), 1024);
    CHECK_EQ(buf[0], (char)i);
  }
  vine_group_done(&wg);
}

static void unix_datagrams(void) { // N50
  int fds[2];
  char buf[1024] = {0};
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
  vine_group_add(&wg, 1);
  vine_go(take_all(fds[0]));
  for (int i = 0; i < 1000; i++) {
    buf[0] = (char)i;
    CHECK_EQ(send(fds[1], buf, sizeof buf, 0), sizeof buf);
  }
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

static void reset_later(int fd) {
  struct linger hard = {1, 0};
  nap();
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(fd);
  vine_group_done(&wg);
}

static void resets(void) { // N49
  int fds[2];
  char buf[8];
  for (int i = 0; i < 10; i++) {
    tcp_pair(fds);
    CHECK_EQ(write(fds[1], "abc", 3), 3);
    CHECK_EQ(read(fds[0], buf, 8), 3);
    vine_group_add(&wg, 1);
    vine_go(reset_later(fds[1]));
    CHECK_EQ(read(fds[0], buf, 8), -1);
    CHECK_EQ(errno, ECONNRESET);
    CHECK_EQ(read(fds[0], buf, 8), 0);
    vine_group_wait(&wg);
    close(fds[0]);
  }
}

int main(void) {
  have_others();
  echo();
  refused();
  datagrams();
  unix_datagrams();
  resets();
  return 0;
}
