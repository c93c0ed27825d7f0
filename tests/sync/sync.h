// SPDX-License-Identifier: MIT
// Shared by the tests of locks. They are Go's, in C: each names its original
// in go/src/sync/ or golang.org/x/sync.
#ifndef VINE_TESTS_SYNC_H
#define VINE_TESTS_SYNC_H

#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <vine.h>

// go f(arg)
static inline void start(void (*f)(void *), void *arg) {
  CHECK_EQ(vine_spawn(f, arg), 0);
}

static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

// Iterations: fewer where a debug mode makes everything slow.
static inline int rounds(int n, int slow) {
  const char *mode = getenv("VINEDEBUG");
  return mode && *mode ? slow : n;
}

#endif
