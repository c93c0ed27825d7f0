// SPDX-License-Identifier: MIT
// Ping-pong: a value goes to another goroutine and back, over two unbuffered
// channels. Per round trip, which is two rendezvous.

#include "bench.h"

#include <vine.h>

static vine_chan_t ping, pong;

static void echo(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(pong, vine_recv(ping, int64_t));
}

static void run(int64_t n) {
  vine_go(echo(n));
  for (int64_t i = 0; i < n; i++) {
    vine_send(ping, i);
    if (vine_recv(pong, int64_t) != i)
      abort();
  }
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  ping = vine_chan_make(int64_t, 0);
  pong = vine_chan_make(int64_t, 0);
  run(n / 10);
  int64_t t = bench_now();
  run(n);
  bench_report("pingpong", bench_now() - t, n);
  return 0;
}
