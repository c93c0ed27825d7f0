// SPDX-License-Identifier: MIT
// yield.c with Boost's fibers.

#include "fibers.h"

static void yielder(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    boost::this_fiber::yield();
}

static void run(int64_t n) {
  std::vector<fibers::fiber> all;
  for (int i = 0; i < 2; i++)
    all.push_back(bench_go([n] { yielder(n / 2); }));
  bench_join(all);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  bench_run([n] {
    run(n / 10);
    int64_t t = bench_start();
    run(n);
    bench_report("yield", bench_now() - t, n);
  });
}
