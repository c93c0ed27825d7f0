// SPDX-License-Identifier: MIT
// Timers.
//   insert     starts COUNT timers with random deadlines, all far away, and
//              then stops each. Per timer, both together.
//   sleepers   COUNT goroutines sleep for 100 ms each. Wall time per goroutine
//              until all have ended, starting them and the sleep included.
//   periodic   10,000 goroutines sleep for 10 ms again and again, COUNT times
//              in all. Processor time per sleep, since wall time would mostly
//              be the sleep.

#include "bench.h"

#include <vine.h>

#define PERIODIC 10000

static vine_group done;

static void sleeper(void) {
  vine_sleep(100 * VINE_MILLISECOND);
  vine_group_done(&done);
}

static void sleepers(int64_t n) {
  vine_group_add(&done, n);
  for (int64_t i = 0; i < n; i++)
    vine_go(sleeper());
  vine_group_wait(&done);
}

static void periodic_sleeper(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_sleep(10 * VINE_MILLISECOND);
  vine_group_done(&done);
}

static void periodic(int64_t n) {
  vine_group_add(&done, PERIODIC);
  for (int64_t i = 0; i < PERIODIC; i++)
    vine_go(periodic_sleeper(n / PERIODIC));
  vine_group_wait(&done);
}

static uint64_t next_random(uint64_t x) {
  x ^= x << 13;
  x ^= x >> 7;
  return x ^ (x << 17);
}

static void nothing(void *arg) { (void)arg; }

static void insert(vine_timer_t *t, int64_t n) {
  uint64_t x = 1;
  for (int64_t i = 0; i < n; i++) {
    x = next_random(x);
    t[i] = vine_after_func(VINE_HOUR + (int64_t)(x >> 24), nothing, NULL);
  }
  for (int64_t i = 0; i < n; i++)
    vine_timer_free(t[i]);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  if (!strcmp(argv[1], "periodic")) {
    setenv("BENCH_CLOCK", "cpu", 1);
    n = (n + PERIODIC - 1) / PERIODIC * PERIODIC;
  }
  vine_timer_t *timers = calloc((size_t)n, sizeof *timers);
  int64_t t = bench_start();
  if (!strcmp(argv[1], "insert"))
    insert(timers, n);
  else if (!strcmp(argv[1], "periodic"))
    periodic(n);
  else
    sleepers(n);
  bench_report(argv[1], bench_now() - t, n);
  free(timers);
  return 0;
}
