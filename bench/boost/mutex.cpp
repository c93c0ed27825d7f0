// SPDX-License-Identifier: MIT
// mutex.c with Boost's fibers.

#include "../work.h"
#include "fibers.h"

static fibers::mutex m;
static volatile int64_t counter;

static void locker(int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    m.lock();
    counter = counter + 1;
    m.unlock();
  }
}

static void worker(int64_t n) {
  uint64_t x = (uint64_t)n;
  for (int64_t i = 0; i < n; i++) {
    m.lock();
    x = bench_work(x, 50);
    counter = counter + 1;
    m.unlock();
    x = bench_work(x, 200);
  }
  if (x == 0) // keeps the work
    abort();
}

static void run(int count, void (*f)(int64_t), int64_t n) {
  std::vector<fibers::fiber> all;
  counter = 0;
  for (int i = 0; i < count; i++)
    all.push_back(bench_go([=] { f(n / count); }));
  bench_join(all);
  if (counter != n / count * count)
    abort();
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  bool works = !strcmp(argv[1], "work");
  int count = works ? 64 : strcmp(argv[1], "contended") ? 1 : 8;
  auto f = works ? worker : locker;
  bench_run([=] {
    run(count, f, n / 10);
    int64_t t = bench_start();
    run(count, f, n);
    bench_report(argv[1], bench_now() - t, n);
  });
}
