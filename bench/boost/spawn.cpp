// SPDX-License-Identifier: MIT
// spawn.c with Boost's fibers.

#include "fibers.h"

#define BATCH 1000

static void run(int64_t n) {
  std::vector<fibers::fiber> all;
  for (; n > 0; n -= BATCH) {
    for (int i = 0; i < BATCH; i++)
      all.push_back(bench_go([] {}));
    bench_join(all);
  }
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1) / BATCH * BATCH;
  bench_run([n] {
    run(n / 10);
    int64_t t = bench_start();
    run(n);
    bench_report("spawn", bench_now() - t, n);
  });
}
