// SPDX-License-Identifier: MIT
// Functions are known through pointers whatever words the compiler's options
// put before their entries: S1, P8. Deep recursion in each shows that it runs
// on a growable stack, which the thread's, a fixed or a foreign call's isn't.
#include "testing.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <vine.h>

#define DEEP 1000

static vine_group done;
static void *volatile kept;

__attribute__((noinline)) static long dive(long n) {
  volatile long pad[20];
  pad[3] = n;
  return n ? dive(n - 1) + (pad[3] == n) : 0;
}

static void spawned(void *arg) {
  CHECK_EQ(dive(DEEP), DEEP);
  *(int *)arg += 1;
  vine_group_done(&done);
}

static long plain(long n) { return dive(n); }

// On the stack, too.
static long many(long a, long b, long c, long d, long e, long f, long g) {
  return dive(a) + b + c + d + e + f + g;
}

static long variadic(int n, ...) {
  va_list ap;
  long sum = 0;
  va_start(ap, n);
  while (n--)
    sum += dive(va_arg(ap, int));
  va_end(ap);
  return sum;
}

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  CHECK_EQ(dive(10), 10);
  return (x > y) - (x < y);
}

static long (*volatile to_plain)(long) = plain;
static long (*volatile to_many)(long, long, long, long, long, long,
                                long) = many;
static long (*volatile to_variadic)(int, ...) = variadic;
// Under kcfi the C library's functions have no types: no pointer leads there.
#if !__has_feature(kcfi)
static long (*volatile to_strtol)(const char *, char **, int) = strtol;
#else
#define to_strtol strtol
#endif

static void through_pointers(int *ran) {
  CHECK_EQ(to_plain(DEEP), DEEP);
  CHECK_EQ(to_many(DEEP, 1, 2, 3, 4, 5, 6), DEEP + 21);
  CHECK_EQ(to_variadic(3, DEEP, 10, DEEP), 2 * DEEP + 10);
  CHECK_EQ(to_strtol("77", NULL, 10), 77);
  int v[] = {3, 1, 2};
  qsort(v, 3, sizeof *v, compare);
  CHECK(v[0] == 1 && v[1] == 2 && v[2] == 3);
  kept = malloc(8);
  free(kept);
  *ran += 1;
  vine_group_done(&done);
}

int main(void) {
  int ran[2] = {0};
  vine_group_add(&done, 2);
  CHECK(vine_spawn(spawned, &ran[0]) == 0);
  vine_go(through_pointers(&ran[1]));
  vine_group_wait(&done);
  CHECK(ran[0] == 1 && ran[1] == 1);
  return 0;
}
