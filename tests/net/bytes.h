// SPDX-License-Identifier: MIT
// Single bytes, and who sends them later.
#ifndef VINE_TESTS_BYTES_H
#define VINE_TESTS_BYTES_H

#include "net.h"

static vine_group wg;

static inline void put(int fd) { CHECK_EQ(write(fd, "x", 1), 1); }

// As read.
static inline int take(int fd) {
  char c;
  return (int)read(fd, &c, 1);
}

static inline void put_later(int fd) {
  vine_sleep(2 * MS);
  put(fd);
  vine_group_done(&wg);
}

static inline void later(int fd) {
  vine_group_add(&wg, 1);
  vine_go(put_later(fd));
}

static inline void close_both(const int fds[2]) {
  CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);
}

#endif
