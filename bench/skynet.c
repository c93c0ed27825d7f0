// SPDX-License-Identifier: MIT
// Skynet (github.com/atemerev/skynet): a goroutine starts ten, each of which
// starts ten, until there are COUNT leaves, which send their numbers up; every
// node sends the sum of its ten, through an unbuffered channel. Per leaf.

#include "bench.h"

#include <vine.h>

static void node(vine_chan_t up, int64_t num, int64_t size) {
  if (size == 1) {
    vine_send(up, num);
    return;
  }
  vine_chan_t c = vine_chan_make(int64_t, 0);
  for (int64_t i = 0; i < 10; i++)
    vine_go(node(c, num + i * (size / 10), size / 10));
  int64_t sum = 0;
  for (int i = 0; i < 10; i++)
    sum += vine_recv(c, int64_t);
  vine_chan_free(c);
  vine_send(up, sum);
}

static void run(int64_t n) {
  vine_chan_t c = vine_chan_make(int64_t, 0);
  vine_go(node(c, 0, n));
  if (vine_recv(c, int64_t) != n * (n - 1) / 2)
    abort();
  vine_chan_free(c);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  int64_t t = bench_start();
  run(n);
  bench_report("skynet", bench_now() - t, n);
  return 0;
}
