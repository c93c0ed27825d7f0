// SPDX-License-Identifier: MIT
// Calls that wait for a pipe to which mostly nobody writes.
#ifndef VINE_TESTS_WIRE_H
#define VINE_TESTS_WIRE_H

#include "net.h"

static int wire[2];

static inline int read_wire(void) {
  char c;
  return (int)read(wire[0], &c, 1);
}
static inline int poll_wire(void) {
  struct pollfd p = {wire[0], POLLIN, 0};
  return poll(&p, 1, -1);
}
static inline int select_wire(void) {
  fd_set r;
  FD_ZERO(&r);
  FD_SET(wire[0], &r);
  return select(wire[0] + 1, &r, NULL, NULL, NULL);
}

#endif
