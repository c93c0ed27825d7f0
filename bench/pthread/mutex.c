// SPDX-License-Identifier: MIT
// mutex.c with threads.

#include "../bench.h"
#include "../work.h"

#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static volatile int64_t counter;

static void *locker(void *arg) {
  int64_t n = *(int64_t *)arg;
  for (int64_t i = 0; i < n; i++) {
    pthread_mutex_lock(&m);
    counter = counter + 1;
    pthread_mutex_unlock(&m);
  }
  return NULL;
}

static void *worker(void *arg) {
  int64_t n = *(int64_t *)arg;
  uint64_t x = (uint64_t)n;
  for (int64_t i = 0; i < n; i++) {
    pthread_mutex_lock(&m);
    x = bench_work(x, 50);
    counter = counter + 1;
    pthread_mutex_unlock(&m);
    x = bench_work(x, 200);
  }
  if (x == 0) // keeps the work
    abort();
  return NULL;
}

static void run(int threads, int64_t n) {
  pthread_t t[64];
  void *(*f)(void *) = threads == 64 ? worker : locker;
  int64_t each = n / threads;
  counter = 0;
  for (int i = 0; i < threads; i++)
    if (pthread_create(&t[i], NULL, f, &each))
      abort();
  for (int i = 0; i < threads; i++)
    pthread_join(t[i], NULL);
  if (counter != each * threads)
    abort();
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int threads = !strcmp(argv[1], "contended") ? 8
                : !strcmp(argv[1], "work")    ? 64
                                              : 1;
  run(threads, n / 10);
  int64_t t = bench_start();
  run(threads, n);
  bench_report(argv[1], bench_now() - t, n);
  return 0;
}
