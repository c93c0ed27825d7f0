// SPDX-License-Identifier: MIT
// Buffered channels of 128 words. Per item.
//   buffered    one producer, one consumer
//   contended   eight of each on one channel

#include "bench.h"

#include <vine.h>

static vine_chan_t c;
static vine_group done;

static void producer(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(c, i);
  vine_group_done(&done);
}

static void consumer(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    (void)vine_recv(c, int64_t);
  vine_group_done(&done);
}

static void run(int pairs, int64_t n) {
  vine_group_add(&done, 2 * pairs);
  for (int i = 0; i < pairs; i++) {
    vine_go(producer(n / pairs));
    vine_go(consumer(n / pairs));
  }
  vine_group_wait(&done);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int pairs = strcmp(argv[1], "contended") ? 1 : 8;
  c = vine_chan_make(int64_t, 128);
  run(pairs, n / 10);
  int64_t t = bench_start();
  run(pairs, n);
  bench_report(argv[1], bench_now() - t, n);
  return 0;
}
