// SPDX-License-Identifier: MIT
// What the tests of signals share.
#ifndef VINE_TESTS_SIGNALS_H
#define VINE_TESTS_SIGNALS_H

#include "testing.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))

// Whether the kernel has this thread on its alternate stack. Past sigaltstack,
// which tells what the program asked for.
VINE_FOREIGN static inline NOINLINE int is_on_signal_stack(void) {
  stack_t ss;
  CHECK(syscall(SYS_sigaltstack, NULL, &ss) == 0);
  return (ss.ss_flags & SS_ONSTACK) != 0;
}

static inline NOINLINE void fill(char *p, size_t n, int v) {
  memset(p, v, n);
  CHECK(p[0] == (char)v && p[n - 1] == (char)v);
}

// Whether n bytes of a local, which others fill meanwhile, stay what they are.
static inline NOINLINE int keeps(size_t n, int v, void (*meanwhile)(void)) {
  char here[n];
  fill(here, n, v);
  if (meanwhile)
    meanwhile();
  for (size_t i = 0; i < n; i++)
    if (here[i] != (char)v)
      return 0;
  return 1;
}

// A goroutine's stack that is wrong after a kernel's frame was put on it.
static inline NOINLINE unsigned mix(unsigned x, int d) {
  return d == 0 ? x : mix(x * 1664525u + 1013904223u, d - 1) ^ (x >> 7);
}

#endif
