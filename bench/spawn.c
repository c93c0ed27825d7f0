// SPDX-License-Identifier: MIT
// Spawn and exit: goroutines that only say that they ran, a thousand at a
// time, and a wait for each thousand. Per goroutine.

#include "bench.h"

#include <vine.h>

#define BATCH 1000

static vine_group done;

static void task(void) { vine_group_done(&done); }

static void run(int64_t n) {
  for (; n > 0; n -= BATCH) {
    vine_group_add(&done, BATCH);
    for (int i = 0; i < BATCH; i++)
      vine_go(task());
    vine_group_wait(&done);
  }
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1) / BATCH * BATCH;
  run(n / 10);
  int64_t t = bench_start();
  run(n);
  bench_report("spawn", bench_now() - t, n);
  return 0;
}
