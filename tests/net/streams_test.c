// SPDX-License-Identifier: MIT
// Reads and writes on pipes, UNIX and TCP sockets: N1, N5, N6, N10, N11, N18,
// N20, N37, N39, N41, N42, N44, N47, N49.
#include "net.h"

typedef void make_pair(int fds[2]);

static void make_pipe(int fds[2]) { CHECK(pipe(fds) == 0); }
static void make_unix(int fds[2]) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

static vine_group wg;

// --- to and fro ---

enum { TURNS = 100 };

static void answer(int in, int out) {
  char buf[64];
  for (int i = 0; i < TURNS; i++) {
    ssize_t n = read(in, buf, sizeof buf);
    CHECK_EQ(n, 5);
    CHECK_EQ(write(out, buf, (size_t)n), n);
  }
  vine_group_done(&wg);
}

static void ping_pong(make_pair *make) {
  int there[2], back[2];
  char buf[64];
  make(there);
  make(back);
  int flags = fcntl(there[0], F_GETFL);
  vine_group_add(&wg, 1);
  vine_go(answer(there[0], back[1]));
  for (int i = 0; i < TURNS; i++) {
    CHECK_EQ(write(there[1], "hello", 5), 5);
    CHECK_EQ(read(back[0], buf, sizeof buf), 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
  }
  vine_group_wait(&wg);
  CHECK_EQ(fcntl(there[0], F_GETFL), flags); // N1
  close(there[1]);
  CHECK_EQ(read(there[0], buf, 1), 0);
  close(there[0]);
  close(back[0]);
  close(back[1]);
}

// --- all of it, N37 ---

enum { BIG = 1 << 20 };

static unsigned char big[BIG];

static unsigned char byte_at(size_t i) {
  return (unsigned char)(i * 7 + (i >> 9));
}

static void drain(int fd, size_t step) {
  unsigned char buf[4096];
  size_t got = 0;
  while (got < BIG) {
    ssize_t n = read(fd, buf, step);
    CHECK(n > 0);
    for (ssize_t i = 0; i < n; i++)
      CHECK_EQ(buf[i], byte_at(got + (size_t)i));
    got += (size_t)n;
  }
  vine_group_done(&wg);
}

static ssize_t write_all(int fd) { return write(fd, big, BIG); }

static ssize_t writev_all(int fd) {
  struct iovec v[40];
  for (int i = 0; i < 40; i++)
    v[i] = (struct iovec){big + i * (BIG / 40),
                          i < 39 ? BIG / 40 : BIG - 39 * (BIG / 40)};
  return writev(fd, v, 40);
}

static void long_writes(make_pair *make, ssize_t (*all)(int), size_t step) {
  int fds[2];
  make(fds);
  vine_group_add(&wg, 1);
  vine_go(drain(fds[0], step));
  CHECK_EQ(all(fds[1]), BIG);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

// --- many readers of one pipe: each byte goes to one, none sleeps, N20 ---

enum { READERS = 8, BYTES = 400 };
static int taken;

static void take_bytes(int fd) {
  char c;
  while (read(fd, &c, 1) == 1)
    ADD(taken, 1);
  vine_group_done(&wg);
}

static void shared(make_pair *make) {
  int fds[2];
  char buf[7] = {0};
  make(fds);
  taken = 0;
  vine_group_add(&wg, READERS);
  for (int i = 0; i < READERS; i++)
    vine_go(take_bytes(fds[0]));
  for (int left = BYTES; left > 0; left -= 5)
    CHECK_EQ(write(fds[1], buf, 5), 5);
  while (GET(taken) < BYTES)
    nap();
  close(fds[1]); // all see the end
  vine_group_wait(&wg);
  CHECK_EQ(taken, BYTES);
  close(fds[0]);
}

// --- small things ---

static void write_later(int fd, const char *text, int ms) {
  vine_sleep(ms * MS);
  CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
  vine_group_done(&wg);
}

static void set_later(int fd) {
  vine_sleep(5 * MS);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  vine_sleep(5 * MS);
  fcntl(fd, F_SETFL, 0);
  CHECK_EQ(write(fd, "x", 1), 1);
  vine_group_done(&wg);
}

static void flags(void) {
  int fds[2];
  char buf[8];
  make_unix(fds);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  CHECK_EQ(read(fds[0], buf, 1), -1); // N6
  CHECK_EQ(errno, EAGAIN);
  CHECK_EQ(recv(fds[0], buf, 1, 0), -1);
  CHECK_EQ(errno, EAGAIN);
  fcntl(fds[0], F_SETFL, 0);
  CHECK_EQ(recv(fds[0], buf, 1, MSG_DONTWAIT), -1);
  CHECK_EQ(errno, EAGAIN);
  vine_group_add(&wg, 1); // N5
  vine_go(set_later(fds[1]));
  CHECK_EQ(read(fds[0], buf, 1), 1);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

static void timeouts(void) {
  int fds[2];
  char buf[8];
  struct timeval tv = {0, 20000}, none = {0};
  tcp_pair(fds);
  // A short read first: what empties it doesn't hide the limit. N73
  CHECK_EQ(write(fds[1], "ab", 2), 2);
  CHECK_EQ(read(fds[0], buf, 8), 2);
  setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  for (int i = 0; i < 2; i++) {
    CHECK_EQ(read(fds[0], buf, 8), -1);
    CHECK_EQ(errno, EAGAIN);
  }
  setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
  for (int i = 0; i < 3; i++) { // N10: parks at once after each short one
    vine_group_add(&wg, 1);
    vine_go(write_later(fds[1], "cd", 2));
    CHECK_EQ(read(fds[0], buf, 8), 2);
    vine_group_wait(&wg);
  }
  close(fds[0]);
  close(fds[1]);
}

static void errors(void) {
  int fds[2];
  char buf[8];
  struct iovec v[1025];
  make_unix(fds);
  CHECK_EQ(read(-1, buf, 1), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(read(fds[0], buf, 0), 0); // N39
  for (int i = 0; i < 1025; i++)
    v[i] = (struct iovec){buf, 1};
  CHECK_EQ(readv(fds[0], v, 1025), -1); // N41
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(writev(fds[0], v, -1), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(readv(fds[0], v, 0), 0);
  CHECK_EQ(write(fds[1], "x", 1), 1);
  CHECK_EQ(read(fds[0], (void *)16, 1), -1); // N47
  CHECK_EQ(errno, EFAULT);
  CHECK_EQ(sendmsg(fds[0], (struct msghdr *)16, 0), -1);
  CHECK_EQ(errno, EFAULT);
  close(fds[0]);
  close(fds[1]);
  CHECK(pipe(fds) == 0);
  CHECK_EQ(recv(fds[0], buf, 1, 0), -1);
  CHECK_EQ(errno, ENOTSOCK);
  CHECK_EQ(read(fds[1], buf, 1), -1);
  CHECK_EQ(errno, EBADF);
  close(fds[0]);
  close(fds[1]);
  int f = open("/proc/self/exe", O_RDONLY); // N13
  CHECK_EQ(read(f, buf, 4), 4);
  CHECK(memcmp(buf, "\177ELF", 4) == 0);
  close(f);
  f = open("/dev/null", O_RDWR);
  CHECK_EQ(read(f, buf, 4), 0);
  CHECK_EQ(write(f, buf, 4), 4);
  close(f);
}

static void two_parts(int fd) {
  nap();
  CHECK_EQ(write(fd, "abc", 3), 3);
  nap();
  CHECK_EQ(write(fd, "def", 3), 3);
  vine_group_done(&wg);
}

static void wait_all(make_pair *make) { // N42
  int fds[2];
  char buf[8] = {0};
  make(fds);
  vine_group_add(&wg, 1);
  vine_go(two_parts(fds[1]));
  CHECK_EQ(recv(fds[0], buf, 6, MSG_WAITALL), 6);
  CHECK_STR_EQ(buf, "abcdef");
  vine_group_wait(&wg);
  CHECK_EQ(write(fds[1], "xyz", 3), 3);
  close(fds[1]);
  CHECK_EQ(recv(fds[0], buf, 6, MSG_WAITALL), 3);
  close(fds[0]);
}

static void send_rights(int fd, int what) {
  char buf[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec v = {"r", 1};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = buf,
                     .msg_controllen = sizeof buf};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &what, sizeof what);
  vine_sleep(3 * MS);
  CHECK_EQ(sendmsg(fd, &m, 0), 1);
  vine_group_done(&wg);
}

static void rights(void) { // N44, N27
  int fds[2], p[2], got;
  char control[64], byte;
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v,
                     .msg_iovlen = 1,
                     .msg_control = control,
                     .msg_controllen = sizeof control};
  make_unix(fds);
  make_pipe(p);
  vine_group_add(&wg, 1);
  vine_go(send_rights(fds[1], p[0]));
  CHECK_EQ(recvmsg(fds[0], &m, 0), 1);
  vine_group_wait(&wg);
  memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof got);
  vine_group_add(&wg, 1);
  vine_go(write_later(p[1], "q", 2));
  CHECK_EQ(read(got, &byte, 1), 1);
  vine_group_wait(&wg);
  close(got);
  close(p[0]);
  close(p[1]);
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  for (size_t i = 0; i < BIG; i++)
    big[i] = byte_at(i);
  have_others();
  static make_pair *const all[] = {make_pipe, make_unix, tcp_pair};
  for (int i = 0; i < 3; i++) {
    ping_pong(all[i]);
    long_writes(all[i], write_all, 4096);
    long_writes(all[i], writev_all, 777);
    shared(all[i]);
    if (i)
      wait_all(all[i]);
  }
  flags();
  timeouts();
  errors();
  rights();
  return 0;
}
