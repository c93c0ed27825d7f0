// SPDX-License-Identifier: MIT
// pool.c with Boost's fibers and buffered channels.

#include "../work.h"
#include "fibers.h"

#define WORKERS 16

using channel = fibers::buffered_channel<int64_t>;

static void worker(channel &items, channel &results) {
  int64_t item;
  while (items.pop(item) == fibers::channel_op_status::success)
    results.push((int64_t)bench_work((uint64_t)item, 200));
}

static uint64_t run(channel &items, channel &results, int64_t n) {
  fibers::fiber producer = bench_go([&items, n] {
    for (int64_t i = 0; i < n; i++)
      items.push(i);
  });
  uint64_t sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += (uint64_t)results.value_pop();
  producer.join();
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
  bench_run([n] {
    channel items(128), results(128);
    std::vector<fibers::fiber> workers;
    for (int i = 0; i < WORKERS; i++)
      workers.push_back(bench_go([&] { worker(items, results); }));
    if (run(items, results, n / 10) != sum_of(n / 10))
      abort();
    int64_t t = bench_start();
    run(items, results, n);
    bench_report("pool", bench_now() - t, n);
    items.close();
    bench_join(workers);
  });
}
