// SPDX-License-Identifier: MIT
// Work without memory: N multiplications, each of which needs the one before.
// Squares, since compilers make a few steps into one of multiplications by a
// constant.
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdint.h>

static inline uint64_t bench_work(uint64_t x, int n) {
  for (int i = 0; i < n; i++)
    x = x * x + 1442695040888963407u;
  return x;
}

#endif
