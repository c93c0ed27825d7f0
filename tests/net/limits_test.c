// SPDX-License-Identifier: MIT
// No more descriptors, and a filter of system calls that comes later: calls
// hold threads then, with the right results. N54, N124.
#include "net.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static vine_group wg;
static int inside;

static void limit_files(rlim_t n) {
  struct rlimit r;
  CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0);
  r.rlim_cur = n < r.rlim_max ? n : r.rlim_max;
  CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0);
}

static rlim_t file_limit(void) {
  struct rlimit r;
  CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0);
  return r.rlim_cur;
}

static void read_one(int fd) {
  char c;
  ADD(inside, 1);
  CHECK_EQ(read(fd, &c, 1), 1);
  vine_group_done(&wg);
}

// n readers of a pipe, and as many bytes.
static void readers(int fds[2], int n) {
  static const char text[100];
  inside = 0;
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(read_one(fds[0]));
  wait_until(&inside, n);
  CHECK_EQ(write(fds[1], text, (size_t)n), n);
  vine_group_wait(&wg);
}

// The poller can't be opened.
static void no_poller(void) {
  int fds[2];
  rlim_t before = file_limit();
  CHECK(pipe(fds) == 0);
  limit_files((rlim_t)fds[1] + 1);
  readers(fds, 10);
  limit_files(before);
  int few = threads();
  readers(fds, 50);
  CHECK(threads() < few + vine_maxprocs() + 25); // now it can
  close(fds[0]);
  close(fds[1]);
}

// The caller learns of it, and the connection stays in the queue.
static void no_descriptors(void) {
  struct sockaddr_in addr;
  rlim_t before = file_limit();
  int l = listen_on_loopback(&addr), c = connect_to(&addr), fd;
  limit_files((rlim_t)c + 1);
  for (int i = 0; i < 3; i++) {
    CHECK_EQ(accept(l, NULL, NULL), -1);
    CHECK_EQ(errno, EMFILE);
  }
  limit_files(before);
  CHECK((fd = accept(l, NULL, NULL)) >= 0);
  close(fd);
  close(c);
  close(l);
}

#define REFUSE(number)                                                         \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),                           \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static int filter_epoll(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      REFUSE(SYS_epoll_ctl),
      REFUSE(SYS_epoll_wait),
      REFUSE(SYS_epoll_pwait),
      REFUSE(441), // epoll_pwait2
      REFUSE(SYS_epoll_create1),
      REFUSE(SYS_eventfd2),
      REFUSE(SYS_preadv2),
      REFUSE(SYS_pwritev2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                 SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

static uint64_t polls(void) {
  struct vine_io_stats s;
  vine_io_stats(&s);
  return s.polls;
}

static void filtered(void) {
  int early[2], late[2], pair[2];
  char c;
  CHECK(pipe(early) == 0 && pipe(late) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  inside = 0;
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(read_one(early[0]));
  wait_until(&inside, 3);
  if (!filter_epoll())
    SKIP("no filters of system calls here");
  CHECK_EQ(write(early[1], "abc", 3), 3); // they waited in the poller
  vine_group_wait(&wg);
  for (int i = 0; i < 3; i++) {
    readers(late, 3);
    readers(pair, 3);
  }
  uint64_t before = polls();
  for (int i = 0; i < 20; i++)
    nap();
  CHECK_EQ(usleep(300000), 0);
  CHECK(polls() - before < 50); // nobody asks again and again
  CHECK_EQ(write(late[1], "x", 1), 1);
  CHECK_EQ(read(late[0], &c, 1), 1);
}

int main(void) {
  have_others();
  no_poller();
  no_descriptors();
  filtered();
  return 0;
}
