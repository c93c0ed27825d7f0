// SPDX-License-Identifier: MIT
// A call to code that vinecc didn't compile (foreign_lib.c), over the same
// call to code that it did. Per call, also through a pointer.

#include "bench.h"

#include <vine.h>

int64_t bench_foreign(int64_t x);
int64_t bench_plain(int64_t x);

// Not `static`: else the call through it becomes a direct one.
int64_t (*volatile bench_pointer)(int64_t);

static int64_t direct(int64_t n) {
  int64_t t = bench_now(), x = 0;
  for (int64_t i = 0; i < n; i++)
    x = bench_foreign(x);
  return x == n ? bench_now() - t : 0;
}

static int64_t plain(int64_t n) {
  int64_t t = bench_now(), x = 0;
  for (int64_t i = 0; i < n; i++)
    x = bench_plain(x);
  return x == n ? bench_now() - t : 0;
}

static int64_t indirect(int64_t n) {
  int64_t t = bench_now(), x = 0;
  bench_pointer = bench_foreign;
  for (int64_t i = 0; i < n; i++)
    x = bench_pointer(x);
  return x == n ? bench_now() - t : 0;
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  direct(n / 10);
  plain(n / 10);
  int64_t d = direct(n), p = plain(n), i = indirect(n);
  bench_report("plain", p, n);
  bench_report("over", d - p, n);
  bench_report("pointer", i - p, n);
  return 0;
}
