// SPDX-License-Identifier: MIT
// How well a ticker keeps its pace of 1 ms while 100 goroutines are blocked,
// each for a second, in a foreign call: half of them in sleep, half in a slow
// look-up (blocked_lib.c). COUNT is ticks. Lateness in microseconds.

#include "bench.h"

#include <vine.h>

void blocked_sleep(void);
void blocked_lookup(void);

#define MS VINE_MILLISECOND
enum { BLOCKED = 100 };
static volatile int stop;

static void blocks(int i) {
  while (!stop) {
    if (i % 2)
      blocked_sleep();
    else
      blocked_lookup();
  }
}

static int by_size(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  int64_t *late = calloc((size_t)n, sizeof *late);
  if (!late)
    abort();
  for (int i = 0; i < BLOCKED; i++)
    vine_go(blocks(i));
  int64_t next = vine_now();
  for (int64_t i = 0; i < n; i++) {
    vine_sleep_until(next += MS);
    late[i] = vine_now() - next;
  }
  stop = 1;
  qsort(late, (size_t)n, sizeof *late, by_size);
  bench_report("median", late[n / 2], 1000);
  bench_report("p99", late[n * 99 / 100], 1000);
  bench_report("max", late[n - 1], 1000);
  return 0;
}
