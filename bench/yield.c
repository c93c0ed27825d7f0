// SPDX-License-Identifier: MIT
// Yield: two goroutines give way to each other. Per switch.

#include "bench.h"

#include <vine.h>

static vine_group done;

static void yielder(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_yield();
  vine_group_done(&done);
}

static void run(int64_t n) {
  vine_group_add(&done, 2);
  vine_go(yielder(n / 2));
  vine_go(yielder(n / 2));
  vine_group_wait(&done);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  run(n / 10);
  int64_t t = bench_start();
  run(n);
  bench_report("yield", bench_now() - t, n);
  return 0;
}
