// SPDX-License-Identifier: MIT
// Closing under waiters, and numbers that are used again: N23, N25, N26, N28,
// N30, N33, N34, N36, N123.
#include "net.h"

int foreign_close(int fd);
int foreign_pair(int fds[2]);

static vine_group wg;
static int inside;

typedef int call(int fd);

static int do_read(int fd) {
  char c;
  return (int)read(fd, &c, 1);
}
static int do_recv(int fd) {
  char c;
  return (int)recv(fd, &c, 1, 0);
}
static int do_accept(int fd) { return accept(fd, NULL, NULL); }
static int do_write(int fd) {
  static char much[1 << 16];
  ssize_t n;
  do
    n = write(fd, much, sizeof much);
  while (n == sizeof much);
  if (n > 0) // the part that was written before the close
    n = write(fd, much, 1);
  return (int)n;
}

static void expect_ebadf(call *f, int fd) {
  ADD(inside, 1);
  CHECK_EQ(f(fd), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static void wakes(call *f, int fd, int n) { // N30
  inside = 0;
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(expect_ebadf(f, fd));
  wait_until(&inside, n);
  CHECK_EQ(close(fd), 0);
  vine_group_wait(&wg);
  CHECK_EQ(close(fd), -1); // N33
  CHECK_EQ(errno, EBADF);
}

static void all_wake(void) {
  int fds[2];
  struct sockaddr_in addr;
  char c;
  CHECK(pipe(fds) == 0);
  wakes(do_read, fds[0], 5);
  close(fds[1]);
  CHECK(pipe(fds) == 0);
  wakes(do_write, fds[1], 3);
  close(fds[0]);
  tcp_pair(fds);
  wakes(do_recv, fds[0], 5);
  CHECK_EQ(read(fds[1], &c, 1), 0); // the end went out at once
  close(fds[1]);
  wakes(do_accept, listen_on_loopback(&addr), 5);
}

// A call that begins while another goroutine closes: it ends too, whichever of
// the close's two steps it fell between (DESC5).
static void polls(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  CHECK_EQ(poll(&p, 1, -1), 1);
  CHECK_EQ(p.revents, POLLNVAL);
  vine_group_done(&wg);
}

static void reads(int fd) {
  CHECK_EQ(do_read(fd), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static void race_close(void) {
  for (int i = 0; i < 300; i++) {
    int fds[2];
    CHECK(pipe(fds) == 0);
    FILE *f = i % 2 ? fdopen(fds[0], "r") : NULL; // more lies between the steps
    vine_group_add(&wg, 4);
    for (int j = 0; j < 2; j++) {
      vine_go(polls(fds[0]));
      vine_go(reads(fds[0]));
    }
    for (int j = i % 4; j > 0; j--)
      vine_yield();
    CHECK_EQ(f ? fclose(f) : close(fds[0]), 0);
    vine_group_wait(&wg); // no number is used again before all have ended
    close(fds[1]);
  }
}

static void dup_wakes(void) { // N26
  int fds[2], more[2];
  char c;
  CHECK(pipe(fds) == 0 && pipe(more) == 0);
  inside = 0;
  vine_group_add(&wg, 1);
  vine_go(expect_ebadf(do_read, fds[0]));
  wait_until(&inside, 1);
  CHECK_EQ(dup2(more[0], fds[0]), fds[0]);
  vine_group_wait(&wg);
  CHECK_EQ(write(more[1], "z", 1), 1);
  CHECK_EQ(read(fds[0], &c, 1), 1);
  CHECK_EQ(c, 'z');
  for (int i = 0; i < 2; i++) {
    close(fds[i]);
    close(more[i]);
  }
}

// --- the number is another file's, unseen, N25 ---

static void send_later(int fd) {
  vine_sleep(3 * MS);
  CHECK_EQ(write(fd, "late", 4), 4);
  vine_group_done(&wg);
}

static void wait_for(int in, int out) {
  char buf[8];
  vine_group_add(&wg, 1);
  vine_go(send_later(out));
  CHECK_EQ(read(in, buf, 8), 4);
  vine_group_wait(&wg);
}

static void replace_unseen(int i) {
  int fds[2], next[2];
  tcp_pair(fds);
  wait_for(fds[0], fds[1]);
  CHECK_EQ(foreign_close(fds[0]), 0);
  foreign_close(fds[1]);
  if (i % 3 == 0)
    CHECK(pipe(next) == 0);
  else if (i % 3 == 1)
    CHECK(foreign_pair(next) == 0);
  else
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, next) == 0);
  // A socket pair goes both ways: the number that was read from, again.
  int in = i % 3 && next[1] == fds[0];
  CHECK(i % 3 == 0 || next[in] == fds[0]);
  wait_for(next[in], next[!in]);
  close(next[0]);
  close(next[1]);
}

static void unseen(void) {
  for (int i = 0; i < 10; i++)
    replace_unseen(i);
}

static vine_group readers;

static void read_end(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 0);
  CHECK_EQ(close(fd), 0);
  vine_group_done(&readers);
}

// More wait than the watchdog looks at in one round.
static void unseen_among_many(void) {
  enum { READERS = 1200 };
  int fds[2];
  want_descriptors(READERS + 100);
  CHECK(pipe(fds) == 0);
  SET(inside, 0);
  vine_group_add(&readers, READERS);
  for (int i = 0; i < READERS; i++) {
    int fd = dup(fds[0]);
    CHECK(fd >= 0);
    vine_go(read_end(fd));
  }
  wait_until(&inside, READERS);
  for (int i = 0; i < 3; i++)
    replace_unseen(i);
  close(fds[1]);
  vine_group_wait(&readers);
  close(fds[0]);
}

// --- a storm, N36: who reads checks that the bytes are its own ---

enum { ROUNDS = 60, PLAYERS = 6 };

static void speak(int fd, unsigned char mark) {
  unsigned char buf[3] = {mark, mark, mark};
  CHECK_EQ(write(fd, buf, 3), 3);
  vine_yield();
  CHECK_EQ(write(fd, buf, 3), 3);
  close(fd);
  vine_group_done(&wg);
}

static void play(int me) {
  for (int i = 0; i < ROUNDS; i++) {
    int fds[2];
    unsigned char mark = (unsigned char)(me * ROUNDS + i), c;
    if (i % 3)
      CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    else
      CHECK(pipe(fds) == 0);
    vine_group_add(&wg, 1);
    vine_go(speak(fds[1], mark));
    int got = 0;
    while (read(fds[0], &c, 1) == 1) {
      CHECK_EQ(c, mark);
      got++;
    }
    CHECK_EQ(got, 6);
    close(fds[0]);
  }
  vine_group_done(&wg);
}

static void storm(void) {
  vine_group_add(&wg, PLAYERS);
  for (int i = 0; i < PLAYERS; i++)
    vine_go(play(i));
  vine_group_wait(&wg);
}

// --- shutdown, N34 ---

static void expect_end(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 0);
  vine_group_done(&wg);
}

static void shut(int how) {
  int fds[2];
  tcp_pair(fds);
  inside = 0;
  vine_group_add(&wg, 2);
  vine_go(expect_end(fds[0]));
  vine_go(expect_end(fds[0]));
  wait_until(&inside, 2);
  CHECK_EQ(shutdown(how == SHUT_WR ? fds[1] : fds[0], how), 0);
  vine_group_wait(&wg);
  close(fds[0]);
  close(fds[1]);
}

// --- ours, N28, N123 ---

static void closes_all(void) {
  int fds[2], refused = 0;
  CHECK(pipe(fds) == 0);
  wait_for(fds[0], fds[1]);
  close(fds[0]);
  close(fds[1]);
  int before = descriptors();
  for (int fd = 3; fd < 4096; fd++)
    if (fcntl(fd, F_GETFD) >= 0 && close(fd) != 0) {
      CHECK_EQ(errno, EBADF);
      refused++;
    }
  CHECK_EQ(refused, 2);
  CHECK(descriptors() <= before);
  CHECK(pipe(fds) == 0);
  CHECK_EQ(fds[0], 3);
  wait_for(fds[0], fds[1]);
}

int main(void) {
  have_others();
  all_wake();
  race_close();
  dup_wakes();
  unseen();
  unseen_among_many();
  shut(SHUT_RD);
  shut(SHUT_WR);
  shut(SHUT_RDWR);
  storm();
  closes_all();
  return 0;
}
