// SPDX-License-Identifier: MIT
// A pool: one producer, 16 workers of 200 multiplications an item, and one
// collector, with buffered channels of 128 words between them. Per item.

#include "bench.h"
#include "work.h"

#include <vine.h>

#define WORKERS 16

static vine_chan_t items, results;
static vine_group done;

static void producer(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_send(items, i);
}

static void worker(void) {
  int64_t item;
  while (vine_recv_ok(items, &item))
    vine_send(results, (int64_t)bench_work((uint64_t)item, 200));
  vine_group_done(&done);
}

static uint64_t run(int64_t n) {
  vine_go(producer(n));
  uint64_t sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += (uint64_t)vine_recv(results, int64_t);
  return sum;
}

static uint64_t sum_of(int64_t n) {
  uint64_t sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += bench_work((uint64_t)i, 200);
  return sum;
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  items = vine_chan_make(int64_t, 128);
  results = vine_chan_make(int64_t, 128);
  vine_group_add(&done, WORKERS);
  for (int i = 0; i < WORKERS; i++)
    vine_go(worker());
  if (run(n / 10) != sum_of(n / 10))
    abort();
  int64_t t = bench_start();
  run(n);
  bench_report("pool", bench_now() - t, n);
  vine_chan_close(items);
  vine_group_wait(&done);
  return 0;
}
