// SPDX-License-Identifier: MIT
// A function with more locals on the side stack than share memory
// (compiler/pass/FrameLayout.cpp): 300 that are alive together and 300 of
// different sizes that are alive one after another keep what they hold.
#include "testing.h"

#include <vine.h>

#define NOINLINE __attribute__((noinline))

// X(1000) to X(1299).
#define TEN(X, n)                                                              \
  X(n##0)                                                                      \
  X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define HUNDRED(X, n)                                                          \
  TEN(X, n##0)                                                                 \
  TEN(X, n##1)                                                                 \
  TEN(X, n##2)                                                                 \
  TEN(X, n##3)                                                                 \
  TEN(X, n##4)                                                                 \
  TEN(X, n##5) TEN(X, n##6) TEN(X, n##7) TEN(X, n##8) TEN(X, n##9)
#define ALL(X)                                                                 \
  HUNDRED(X, 10)                                                               \
  HUNDRED(X, 11)                                                               \
  HUNDRED(X, 12)

static long sum;

static NOINLINE void add(long *p) { sum += (*p)++; }

static NOINLINE void check_long(const long *p, int n) { CHECK_EQ(*p, n + 1); }

static NOINLINE void fill(char *p, int n) {
  memset(p, n & 127, (size_t)(n & 63) + 1);
  vine_yield();
}

static NOINLINE void check_filled(const char *p, int n) {
  for (int i = 0; i <= (n & 63); i++)
    CHECK_EQ(p[i], n & 127);
}

#define LONG(n) long l##n = n;
#define ADD(n) add(&l##n);
#define CHECK_LONG(n) check_long(&l##n, n);
#define SCOPE(n)                                                               \
  {                                                                            \
    char c##n[(n & 63) + 1];                                                   \
    fill(c##n, n);                                                             \
    check_filled(c##n, n);                                                     \
  }

static NOINLINE void many(vine_group *wg) {
  ALL(LONG)
  ALL(ADD)
  ALL(SCOPE)
  ALL(CHECK_LONG)
  vine_group_done(wg);
}

int main(void) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 1);
  vine_go(many(&wg));
  vine_group_wait(&wg);
  return sum == 0;
}
