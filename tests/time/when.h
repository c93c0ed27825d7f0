// SPDX-License-Identifier: MIT
// Shared by the tests of time. They are Go's, in C: each names its original.
//
// Nothing here asserts that something happens soon: machines that run tests
// are slow at times. What is asserted is order, and that nothing is early.
#ifndef VINE_TESTS_WHEN_H
#define VINE_TESTS_WHEN_H

#include "testing.h"

#include <vine.h>

#define MS VINE_MILLISECOND

// go f(arg)
static inline void start(void (*f)(void *), void *arg) {
  CHECK_EQ(vine_spawn(f, arg), 0);
}

// Iterations: fewer where a debug mode makes everything slow.
static inline int rounds(int n, int slow) {
  const char *mode = getenv("VINEDEBUG");
  return mode && *mode ? slow : n;
}

// Runs a test with its name, so that a hang shows where.
#define RUN(test) (fprintf(stderr, "%s\n", #test), test())

#endif
