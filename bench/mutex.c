// SPDX-License-Identifier: MIT
// A mutex around a counter. Per lock and unlock.
//   uncontended   one goroutine
//   contended     eight goroutines

#include "bench.h"

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

static void run(int goroutines, int64_t n) {
  counter = 0;
  vine_group_add(&done, goroutines);
  for (int i = 0; i < goroutines; i++)
    vine_go(locker(n / goroutines));
  vine_group_wait(&done);
  if (counter != n / goroutines * goroutines)
    abort();
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int goroutines = strcmp(argv[1], "contended") ? 1 : 8;
  run(goroutines, n / 10);
  int64_t t = bench_now();
  run(goroutines, n);
  bench_report(argv[1], bench_now() - t, n);
  return 0;
}
