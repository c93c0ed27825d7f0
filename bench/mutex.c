// SPDX-License-Identifier: MIT
// A mutex around a counter. Per lock and unlock.
//   uncontended   one goroutine
//   contended     eight goroutines
//   work          64 goroutines, with 50 multiplications inside and 200 outside

#include "bench.h"
#include "work.h"

#include <vine.h>
#include <vine/sync.h>

static vine_mutex m;
static vine_group done;
static volatile int64_t counter;

static void locker(int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    vine_mutex_lock(&m);
    counter = counter + 1;
    vine_mutex_unlock(&m);
  }
  vine_group_done(&done);
}

static void worker(int64_t n) {
  uint64_t x = (uint64_t)n;
  for (int64_t i = 0; i < n; i++) {
    vine_mutex_lock(&m);
    x = bench_work(x, 50);
    counter = counter + 1;
    vine_mutex_unlock(&m);
    x = bench_work(x, 200);
  }
  if (x == 0) // keeps the work
    abort();
  vine_group_done(&done);
}

static void run(int goroutines, int64_t n) {
  counter = 0;
  vine_group_add(&done, goroutines);
  for (int i = 0; i < goroutines; i++)
    if (goroutines == 64)
      vine_go(worker(n / goroutines));
    else
      vine_go(locker(n / goroutines));
  vine_group_wait(&done);
  if (counter != n / goroutines * goroutines)
    abort();
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int goroutines = !strcmp(argv[1], "contended") ? 8
                   : !strcmp(argv[1], "work")    ? 64
                                                 : 1;
  run(goroutines, n / 10);
  int64_t t = bench_start();
  run(goroutines, n);
  bench_report(argv[1], bench_now() - t, n);
  return 0;
}
