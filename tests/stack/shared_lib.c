// SPDX-License-Identifier: MIT
// An instrumented shared library: see shared_test.sh.
#include "shared.h"

#include <stdlib.h>
#include <string.h>

_Thread_local int shared_tls;
static int counter;

int shared_deep(int n, int *up) {
  int here[20];
  memset(here, 0, sizeof here);
  here[n % 20] = n;
  int r = n == 0 ? 0 : shared_deep(n - 1, &here[n % 20]);
  __asm__ volatile("" : : : "memory");
  return here[n % 20] == n && *up >= n ? r + 1 : -1000000;
}

long shared_call(shared_callback *fn, void *arg, int depth) {
  int up = depth;
  if (shared_deep(depth, &up) != depth + 1)
    return -1;
  return fn(arg, depth) + 1;
}

long shared_many(long a, long b, long c, long d, long e, long f, long g,
                 double x, struct shared_large s) {
  int up = 50;
  shared_deep(50, &up);
  return a + b + c + d + e + f + g + (long)x + s.v[7];
}

long shared_sum(int n, ...) {
  va_list ap;
  va_start(ap, n);
  long sum = 0;
  for (int i = 0; i < n; i++) {
    int up = i;
    shared_deep(i, &up);
    sum += va_arg(ap, long);
  }
  va_end(ap);
  return sum;
}

static int compare(const void *a, const void *b) {
  int up = 30;
  counter += shared_deep(30, &up);
  return *(const int *)a - *(const int *)b;
}

// An internal function's address, given to libc.
int shared_sort(int *v, int n) {
  qsort(v, (size_t)n, sizeof *v, compare);
  return counter;
}

shared_callback *shared_pointer(void);
static long pointee(void *arg, long v) {
  int up = 40;
  shared_deep(40, &up);
  return *(int *)arg + v;
}
shared_callback *shared_pointer(void) { return pointee; }
