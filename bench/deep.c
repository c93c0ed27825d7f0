// SPDX-License-Identifier: MIT
// A recursion of 10,000 frames, each with four values that live across the
// call. Microseconds per descent:
//   cold    the first one of the process
//   again   the first one of another goroutine (average of COUNT)
//   warm    a second one of the same goroutine

#include "bench.h"

#include <vine.h>

#define FRAMES 10000

static int64_t again_ns, warm_ns, last_ns;
static vine_group done;

// The asm keeps the calls from becoming a loop.
static __attribute__((noinline)) int64_t descend(int64_t n, int64_t a,
                                                 int64_t b) {
  if (n == 0)
    return a + b;
  int64_t x = a + n, y = b ^ n;
  int64_t r = descend(n - 1, y, x);
  __asm__ volatile("" : "+r"(x), "+r"(y));
  return r + x - y;
}

static void task(void) {
  int64_t t = bench_now();
  volatile int64_t r = descend(FRAMES, 1, 2);
  int64_t t1 = bench_now();
  r = r + descend(FRAMES, 1, 2);
  last_ns = t1 - t;
  again_ns += t1 - t;
  warm_ns += bench_now() - t1;
  vine_group_done(&done);
}

static void one(void) {
  vine_group_add(&done, 1);
  vine_go(task());
  vine_group_wait(&done);
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  one();
  printf("cold %.3f\n", (double)last_ns / 1000);
  again_ns = warm_ns = 0;
  for (int64_t i = 0; i < n; i++)
    one();
  bench_report("again", again_ns, n * 1000);
  bench_report("warm", warm_ns, n * 1000);
  return 0;
}
