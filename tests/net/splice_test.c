// SPDX-License-Identifier: MIT
// sendfile, splice, tee, vmsplice: N51, N52.
#include "net.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { BIG = 1 << 20 };

static vine_group wg;

static unsigned char byte_at(size_t i) {
  return (unsigned char)(i * 7 + (i >> 9));
}

static int big_file(void) {
  static unsigned char big[BIG];
  int fd = memfd_create("big", 0);
  CHECK(fd >= 0);
  for (size_t i = 0; i < BIG; i++)
    big[i] = byte_at(i);
  CHECK_EQ(write(fd, big, BIG), BIG);
  CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
  return fd;
}

// Reads n bytes, slowly at times, and compares from byte `at` on.
static void drain(int fd, size_t at, size_t n) {
  unsigned char buf[5000];
  for (size_t end = at + n; at < end;) {
    size_t most = end - at < sizeof buf ? end - at : sizeof buf;
    ssize_t r = read(fd, buf, most);
    CHECK(r > 0);
    for (ssize_t i = 0; i < r; i++)
      CHECK_EQ(buf[i], byte_at(at + (size_t)i));
    if ((at >> 18) != ((at + (size_t)r) >> 18))
      nap();
    at += (size_t)r;
  }
  vine_group_done(&wg);
}

static void start_drain(int fd, size_t at, size_t n) {
  vine_group_add(&wg, 1);
  vine_go(drain(fd, at, n));
}

typedef void make_pair(int fds[2]);
static void unix_pair(int fds[2]) {
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}
static void pipe_pair(int fds[2]) { CHECK(pipe(fds) == 0); }

static void close_both(int fds[2]) {
  close(fds[0]);
  close(fds[1]);
}

// --- sendfile ---

static void files(make_pair *make, int file) {
  int fds[2];
  off_t at = 1000;
  make(fds);
  CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
  start_drain(fds[0], 0, BIG);
  CHECK_EQ(sendfile(fds[1], file, NULL, BIG), BIG);
  CHECK_EQ(lseek(file, 0, SEEK_CUR), BIG);
  vine_group_wait(&wg);
  start_drain(fds[0], 1000, BIG - 1000); // past the end: what there is
  CHECK_EQ(sendfile(fds[1], file, &at, BIG), BIG - 1000);
  CHECK_EQ(at, BIG);
  vine_group_wait(&wg);
  CHECK_EQ(sendfile(fds[1], file, &at, BIG), 0);
  CHECK_EQ(sendfile(fds[1], -1, NULL, 1), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(sendfile(fds[1], file, (off_t *)16, 1), -1);
  CHECK_EQ(errno, EFAULT);
  close(fds[0]);
  CHECK_EQ(sendfile(fds[1], file, &at, 1), 0);
  at = 0;
  signal(SIGPIPE, SIG_IGN);
  ssize_t r;
  while ((r = sendfile(fds[1], file, &at, 100)) > 0) // until it is known
    nap();
  CHECK_EQ(r, -1);
  CHECK(errno == EPIPE || errno == ECONNRESET);
  close(fds[1]);
}

// Slow clients hold no threads.
enum { CLIENTS = 40 };
static int sent;

static void serve(int fd, int file) {
  off_t at = 0;
  ADD(sent, 1);
  CHECK_EQ(sendfile(fd, file, &at, BIG), BIG);
  vine_group_done(&wg);
}

static void slow_clients(int file) {
  int fds[CLIENTS][2], before = threads();
  sent = 0;
  vine_group_add(&wg, CLIENTS);
  for (int i = 0; i < CLIENTS; i++) {
    int small = 65536;
    tcp_pair(fds[i]);
    setsockopt(fds[i][1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    vine_go(serve(fds[i][1], file));
  }
  wait_until(&sent, CLIENTS);
  wait_for_threads(before + CLIENTS / 2 - 1);
  for (int i = 0; i < CLIENTS; i++)
    start_drain(fds[i][0], 0, BIG);
  vine_group_wait(&wg);
  for (int i = 0; i < CLIENTS; i++)
    close_both(fds[i]);
}

static void to_pipe(int file) {
  int fds[2];
  pipe_pair(fds);
  CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
  start_drain(fds[0], 0, BIG);
  for (ssize_t done = 0, r; done < BIG; done += r) {
    r = sendfile(fds[1], file, NULL, BIG);
    CHECK(r > 0);
  }
  vine_group_wait(&wg);
  CHECK_EQ(sendfile(fds[0], file, NULL, 1), -1);
  CHECK_EQ(errno, EBADF);
  close_both(fds);
}

// --- splice: from one socket by a pipe to another ---

static void feed(int fd) {
  unsigned char buf[777];
  for (size_t at = 0; at < BIG;) {
    size_t n = BIG - at < sizeof buf ? BIG - at : sizeof buf;
    for (size_t i = 0; i < n; i++)
      buf[i] = byte_at(at + i);
    CHECK_EQ(write(fd, buf, n), n);
    at += n;
    if (at % 64 == 1)
      vine_yield();
  }
  vine_group_done(&wg);
}

static void pour(int from, int to, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t r = splice(from, NULL, to, NULL, n - done, SPLICE_F_MOVE);
    CHECK(r > 0);
    done += (size_t)r;
  }
  vine_group_done(&wg);
}

static void proxy(make_pair *make_in, make_pair *make_out) {
  int in[2], out[2], p[2];
  make_in(in);
  make_out(out);
  pipe_pair(p);
  vine_group_add(&wg, 3);
  vine_go(feed(in[1]));
  vine_go(pour(in[0], p[1], BIG));
  vine_go(pour(p[0], out[1], BIG));
  start_drain(out[0], 0, BIG);
  vine_group_wait(&wg);
  close(in[1]);
  CHECK_EQ(splice(in[0], NULL, p[1], NULL, 10, 0), 0); // the end
  CHECK_EQ(splice(p[0], NULL, out[1], NULL, 10, SPLICE_F_NONBLOCK), -1);
  CHECK_EQ(errno, EAGAIN);
  close(in[0]);
  close_both(out);
  close_both(p);
}

static void from_file(int file) {
  int p[2];
  loff_t at = 0;
  pipe_pair(p);
  start_drain(p[0], 0, BIG);
  while (at < BIG)
    CHECK(splice(file, &at, p[1], NULL, BIG, 0) > 0);
  vine_group_wait(&wg);
  close_both(p);
}

static void wrong_calls(int file) {
  int p[2], q[2], s[2];
  loff_t at = 0;
  pipe_pair(p);
  pipe_pair(q);
  unix_pair(s);
  // What can't be isn't waited for.
  CHECK_EQ(splice(s[0], NULL, s[1], NULL, 1, 0), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(splice(p[0], &at, s[1], NULL, 1, 0), -1);
  CHECK_EQ(errno, ESPIPE);
  CHECK_EQ(splice(p[1], NULL, s[1], NULL, 1, 0), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(splice(p[0], NULL, p[1], NULL, 1, 0), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(splice(p[0], NULL, -1, NULL, 1, 0), -1);
  CHECK_EQ(errno, EBADF);
  CHECK_EQ(splice(p[0], NULL, q[1], NULL, 0, 0), 0);
  CHECK_EQ(tee(p[0], file, 1, 0), -1);
  CHECK_EQ(errno, EINVAL);
  CHECK_EQ(tee(p[0], p[1], 1, 0), -1);
  CHECK_EQ(errno, EINVAL);
  struct iovec v = {p, 1};
  CHECK_EQ(vmsplice(s[0], &v, 1, 0), -1);
  CHECK_EQ(errno, EBADF);
  close_both(p);
  close_both(q);
  close_both(s);
}

// --- tee, vmsplice ---

static void write_later(int fd) {
  vine_sleep(3 * MS);
  CHECK_EQ(write(fd, "tea", 3), 3);
  vine_group_done(&wg);
}

static void copies(void) {
  int p[2], q[2];
  char buf[8] = {0};
  pipe_pair(p);
  pipe_pair(q);
  vine_group_add(&wg, 1);
  vine_go(write_later(p[1]));
  CHECK_EQ(tee(p[0], q[1], 100, 0), 3);
  CHECK_EQ(read(p[0], buf, 8), 3);
  CHECK_EQ(read(q[0], buf, 8), 3);
  CHECK_STR_EQ(buf, "tea");
  vine_group_wait(&wg);
  vine_group_add(&wg, 1);
  vine_go(write_later(p[1]));
  struct iovec v = {buf, 8};
  memset(buf, 0, sizeof buf);
  CHECK_EQ(vmsplice(p[0], &v, 1, 0), 3);
  CHECK_STR_EQ(buf, "tea");
  vine_group_wait(&wg);
  close_both(p);
  close_both(q);
}

static void gifts(void) {
  static unsigned char big[BIG];
  int p[2];
  for (size_t i = 0; i < BIG; i++)
    big[i] = byte_at(i);
  pipe_pair(p);
  start_drain(p[0], 0, BIG);
  for (size_t done = 0; done < BIG;) {
    struct iovec v = {big + done, BIG - done};
    ssize_t r = vmsplice(p[1], &v, 1, 0);
    CHECK(r > 0);
    done += (size_t)r;
  }
  vine_group_wait(&wg);
  close_both(p);
}

static int inside;

static void wait_closed(int from, int to) {
  ADD(inside, 1);
  CHECK_EQ(splice(from, NULL, to, NULL, 1, 0), -1);
  CHECK_EQ(errno, EBADF);
  vine_group_done(&wg);
}

static void closed(void) {
  int p[2], q[2];
  pipe_pair(p);
  pipe_pair(q);
  inside = 0;
  vine_group_add(&wg, 1);
  vine_go(wait_closed(p[0], q[1]));
  wait_until(&inside, 1);
  close(p[0]);
  vine_group_wait(&wg);
  close(p[1]);
  close_both(q);
}

int main(void) {
  have_others();
  int file = big_file();
  files(unix_pair, file);
  files(tcp_pair, file);
  slow_clients(file);
  to_pipe(file);
  proxy(tcp_pair, tcp_pair);
  proxy(unix_pair, tcp_pair);
  proxy(pipe_pair, unix_pair);
  from_file(file);
  wrong_calls(file);
  copies();
  gifts();
  closed();
  return 0;
}
