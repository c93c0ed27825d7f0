// SPDX-License-Identifier: MIT
// What the scheduler's tests share.
#ifndef VINE_TESTS_SCHED_H
#define VINE_TESTS_SCHED_H

#include "testing.h"

#include <semaphore.h>
#include <vine.h>

#define MS VINE_MILLISECOND
#define NOINLINE __attribute__((noinline))

// Atomics that read well.
#define GET(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define SET(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define ADD(x, v) __atomic_add_fetch(&(x), v, __ATOMIC_ACQ_REL)

// Waits until every goroutine but those of `want` has ended: the last step of
// one that has just woken its waiter.
static inline void settle(uint64_t want) {
  while (vine_goroutine_count() > want)
    vine_sleep(MS / 10);
  CHECK_EQ(vine_goroutine_count(), want);
}

// Threads of this process, but for one that is ThreadSanitizer's.
static inline int threads(void) {
  char line[256];
  int n = 0;
  FILE *f = fopen("/proc/self/status", "r");
  CHECK(f);
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "Threads: %d", &n) == 1)
      break;
  fclose(f);
#ifdef VINE_TSAN
  n--;
#endif
  CHECK(n > 0);
  return n;
}

// foreign.c, compiled by plain clang.
void foreign_sleep(int64_t ns);
void foreign_spin(int64_t ns);
// After ns.
long double foreign_quotient(int a, int b, int64_t ns);
// Sets *stop after ns; meanwhile counts in *most how many threads there are.
void foreign_stop_in(int64_t ns, int *stop, int *most);
void foreign_call(void (*fn)(void *), void *arg);
void foreign_exit(int status);
void foreign_wait(sem_t *s);
// The calling thread's mark; v other than 0 sets it.
int foreign_mark(int v);
// A goroutine on a fixed stack: calls fn(arg) n times, yields in between.
struct foreign_loop {
  void (*fn)(void *);
  void *arg;
  int n;
  vine_group *done;
};
void foreign_loop(void *loop);

#endif
