// SPDX-License-Identifier: MIT
// Ping-pong: a value goes to another goroutine and back, over two unbuffered
// channels, by PAIRS (1 or 16) of goroutines at once. Per round trip, which is
// two rendezvous, of any pair.

#include "bench.h"

#include <vine.h>

static vine_group done;

static void echo(vine_chan_t ping, vine_chan_t pong, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(pong, vine_recv(ping, int64_t));
}

static void player(int64_t n) {
  vine_chan_t ping = vine_chan_make(int64_t, 0);
  vine_chan_t pong = vine_chan_make(int64_t, 0);
  vine_go(echo(ping, pong, n));
  for (int64_t i = 0; i < n; i++) {
    vine_send(ping, i);
    if (vine_recv(pong, int64_t) != i)
      abort();
  }
  vine_group_done(&done);
}

static void run(int64_t pairs, int64_t n) {
  vine_group_add(&done, pairs);
  for (int64_t i = 0; i < pairs; i++)
    vine_go(player(n / pairs));
  vine_group_wait(&done);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2), pairs = atoi(argv[1]);
  if (pairs <= 0)
    bench_usage();
  run(pairs, n / 10);
  int64_t t = bench_start();
  run(pairs, n);
  bench_report("pingpong", bench_now() - t, n);
  return 0;
}
