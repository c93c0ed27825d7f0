// SPDX-License-Identifier: MIT
// What the tests of signals share.
#ifndef VINE_TESTS_SIGNALS_H
#define VINE_TESTS_SIGNALS_H

#include "testing.h"

#include <pthread.h>
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

// Whether a handler runs where it may: on the signal stack, or, when the
// watchdog takes the signal, on that thread's own. Never on a goroutine's.
VINE_FOREIGN static inline NOINLINE int is_on_safe_stack(void) {
  pthread_attr_t attr;
  void *lo;
  size_t bytes;
  char *here = __builtin_frame_address(0);
  if (is_on_signal_stack())
    return 1;
  CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
  CHECK(pthread_attr_getstack(&attr, &lo, &bytes) == 0);
  pthread_attr_destroy(&attr);
  return here >= (char *)lo && here < (char *)lo + bytes;
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
