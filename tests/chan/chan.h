// SPDX-License-Identifier: MIT
// Shared by the tests of channels. They are Go's, in C: each names its
// original in go/src/runtime/chan_test.go or go/test/chan/.
#ifndef VINE_TESTS_CHAN_H
#define VINE_TESTS_CHAN_H

#include "testing.h"

#include <vine.h>

// go f(arg)
static inline void start(void (*f)(void *), void *arg) {
  CHECK_EQ(vine_spawn(f, arg), 0);
}

// Gives others a millisecond.
static inline void settle(void) {
  for (int i = 0; i < 20; i++)
    vine_yield();
  usleep(1000);
  vine_yield();
}

// Iterations: fewer where a debug mode makes everything slow.
static inline int rounds(int n, int slow) {
  const char *mode = getenv("VINEDEBUG");
  return mode && *mode ? slow : n;
}

#endif
