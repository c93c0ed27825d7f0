// SPDX-License-Identifier: MIT
// pingpong.c with Boost's fibers and unbuffered channels.

#include "fibers.h"

using channel = fibers::unbuffered_channel<int64_t>;

static void echo(channel &ping, channel &pong, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    pong.push(ping.value_pop());
}

static void player(int64_t n) {
  channel ping, pong;
  fibers::fiber other = bench_go([&, n] { echo(ping, pong, n); });
  for (int64_t i = 0; i < n; i++) {
    ping.push(i);
    if (pong.value_pop() != i)
      abort();
  }
  other.join();
}

static void run(int64_t pairs, int64_t n) {
  std::vector<fibers::fiber> all;
  for (int64_t i = 0; i < pairs; i++)
    all.push_back(bench_go([=] { player(n / pairs); }));
  bench_join(all);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2), pairs = atoi(argv[1]);
  bench_run([=] {
    run(pairs, n / 10);
    int64_t t = bench_start();
    run(pairs, n);
    bench_report("pingpong", bench_now() - t, n);
  });
}
