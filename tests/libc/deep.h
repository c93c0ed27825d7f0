// SPDX-License-Identifier: MIT
// What tests of stacks beside the goroutine's do: go deep, and weigh memory.
#ifndef VINE_TESTS_DEEP_H
#define VINE_TESTS_DEEP_H

#include "testing.h"

#define NOINLINE __attribute__((noinline))

// Takes n frames with a local each whose address is taken; n at the end.
static inline NOINLINE int deep(int n, const int *above) {
  int here = *above + 1;
  char pad[40];
  snprintf(pad, sizeof pad, "%d", here);
  int result = n == 0 ? here : deep(n - 1, &here);
  CHECK_EQ(atoi(pad), here);
  return result;
}

static inline int from_zero(int n) {
  int zero = 0;
  return deep(n, &zero);
}

// Bytes of memory that the process has.
static inline size_t resident(void) {
  size_t pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%*s %zu", &pages) == 1);
  fclose(f);
  return pages * 4096;
}

#endif
