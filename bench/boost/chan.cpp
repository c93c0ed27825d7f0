// SPDX-License-Identifier: MIT
// chan.c with Boost's fibers and buffered channels. A channel of 128 slots has
// room for 127.

#include "fibers.h"

using channel = fibers::buffered_channel<int64_t>;

static void run(channel &c, int pairs, int64_t n) {
  std::vector<fibers::fiber> all;
  int64_t each = n / pairs;
  for (int i = 0; i < pairs; i++) {
    all.push_back(bench_go([&c, each] {
      for (int64_t k = 0; k < each; k++)
        c.push(k);
    }));
    all.push_back(bench_go([&c, each] {
      for (int64_t k = 0; k < each; k++)
        c.value_pop();
    }));
  }
  bench_join(all);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int pairs = strcmp(argv[1], "contended") ? 1 : 8;
  bench_run([=] {
    channel c(128);
    run(c, pairs, n / 10);
    int64_t t = bench_start();
    run(c, pairs, n);
    bench_report(argv[1], bench_now() - t, n);
  });
}
