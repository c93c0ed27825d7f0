// SPDX-License-Identifier: MIT
// Ping-pong beside a goroutine that only computes, on one processor. Per round
// trip; "hog" is the hog's share of the time, 0.5 when it is fair. COUNT round
// trips, or those of two seconds: one for each of the hog's slices takes hours.

#include "bench.h"

#include <vine.h>

static vine_chan_t ping, pong;
static volatile int stop;
static int64_t hog_turns;

#define TURN 1000
#define LIMIT_NS 2000000000

static int64_t compute(void) {
  volatile int64_t x = 0;
  for (int i = 0; i < TURN; i++)
    x = x + i;
  return x;
}

static void hog(void) {
  while (!stop) {
    compute();
    hog_turns++;
  }
}

static void echo(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(pong, vine_recv(ping, int64_t));
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1), t = bench_now();
  for (int i = 0; i < 10000; i++)
    compute();
  double turn_ns = (double)(bench_now() - t) / 10000;
  ping = vine_chan_make(int64_t, 0);
  pong = vine_chan_make(int64_t, 0);
  vine_go(hog());
  vine_go(echo(n));
  t = bench_now();
  int64_t i = 0;
  for (; i < n && (i % 64 != 0 || bench_now() - t < LIMIT_NS); i++) {
    vine_send(ping, i);
    if (vine_recv(pong, int64_t) != i)
      abort();
  }
  t = bench_now() - t;
  stop = 1;
  bench_report("pingpong", t, i);
  printf("hog %.3f\n", (double)hog_turns * turn_ns / (double)t);
  return 0;
}
