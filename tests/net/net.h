// SPDX-License-Identifier: MIT
// What the tests of blocking calls share. N numbers are those of the checklist
// (docs/design/testing.md).
#ifndef VINE_TESTS_NET_H
#define VINE_TESTS_NET_H

#include "testing.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <vine.h>

#define MS 1000000ll
#define GET(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define SET(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)
#define ADD(x, n) __atomic_add_fetch(&(x), n, __ATOMIC_SEQ_CST)

static inline int entries(const char *path) {
  int n = 0;
  DIR *d = opendir(path);
  CHECK(d);
  while (readdir(d))
    n++;
  closedir(d);
  return n - 2;
}

static inline int threads(void) { return entries("/proc/self/task"); }
// That of the folder itself comes on top.
static inline int descriptors(void) { return entries("/proc/self/fd") - 1; }

// The limit may be 1,024 where the hard one is more.
static inline void want_descriptors(int n) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur >= (rlim_t)n)
    return;
  limit.rlim_cur = (rlim_t)n;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    SKIP("RLIMIT_NOFILE is too low");
}

// Blocking calls are the runtime's only once there are others to run.
static void be_one(void) {}
static inline void have_others(void) {
  vine_go(be_one());
  vine_yield();
}

static inline void nap(void) { vine_sleep(MS); }

// Until all of `n` have come to where they block, as far as one can tell.
static inline void wait_until(int *counter, int n) {
  while (GET(*counter) < n)
    nap();
  for (int i = 0; i < 5; i++)
    nap();
}

// Idle ones stay, one for each processor and four; others are on their way.
static inline int few(void) { return 2 * vine_maxprocs() + 7; }

// A goroutine that is preempted behind a foreign call keeps its thread until it
// goes on (ADR 16), which seeds make of each; idle threads then end in time.
// Under load there are more for a moment: those beyond the idle ones that are
// kept end after 2 s.
static inline void wait_for_threads(int most) {
  for (int i = 0; threads() > most; i++) {
    CHECK(i < 10000);
    vine_sleep(MS);
  }
}

static inline void wait_for_few_threads(void) { wait_for_threads(few()); }

static inline int listen_on_loopback(struct sockaddr_in *addr) {
  socklen_t bytes = sizeof *addr;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0);
  memset(addr, 0, sizeof *addr);
  addr->sin_family = AF_INET;
  addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, (struct sockaddr *)addr, sizeof *addr) == 0);
  CHECK(listen(fd, 1024) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)addr, &bytes) == 0);
  return fd;
}

static inline int connect_to(const struct sockaddr_in *addr) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0);
  CHECK(connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0);
  return fd;
}

// A connection over the loopback.
static inline void tcp_pair(int fds[2]) {
  struct sockaddr_in addr;
  int l = listen_on_loopback(&addr);
  fds[0] = connect_to(&addr);
  fds[1] = accept(l, NULL, NULL);
  CHECK(fds[1] >= 0);
  CHECK(close(l) == 0);
}

static inline void read_exactly(int fd, void *buf, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t r = read(fd, (char *)buf + done, n - done);
    CHECK(r > 0);
    done += (size_t)r;
  }
}

#endif
