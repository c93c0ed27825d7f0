// SPDX-License-Identifier: MIT
// spawn.c with threads, a hundred at a time.

#include "../bench.h"

#include <pthread.h>

#define BATCH 100

static void *task(void *arg) { return arg; }

static void run(int64_t n) {
  pthread_t t[BATCH];
  for (; n > 0; n -= BATCH) {
    for (int i = 0; i < BATCH; i++)
      if (pthread_create(&t[i], NULL, task, NULL))
        abort();
    for (int i = 0; i < BATCH; i++)
      pthread_join(t[i], NULL);
  }
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1) / BATCH * BATCH;
  run(n / 10);
  int64_t t = bench_start();
  run(n);
  bench_report("spawn", bench_now() - t, n);
  return 0;
}
