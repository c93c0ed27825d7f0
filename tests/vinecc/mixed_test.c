// SPDX-License-Identifier: MIT
// A foreign function that needs a large stack calls back an instrumented one
// that needs a larger one; in several goroutines at once.
#include "testing.h"

#include <vine.h>

#ifndef __VINE__
#error "this file is to be compiled by vinecc"
#endif

int apply_foreign(int (*fn)(int), int x);

enum { GOROUTINES = 20 };
static int results[GOROUTINES];
static vine_group wg;

static int depth(int n) {
  if (n == 0)
    return 0;
  return depth(n - 1) + 1;
}

static void run(int i) {
  results[i] = apply_foreign(depth, 100 * i);
  vine_group_done(&wg);
}

int main(void) {
  vine_group_add(&wg, GOROUTINES);
  for (int i = 0; i < GOROUTINES; i++)
    vine_go(run(i));
  vine_group_wait(&wg);
  for (int i = 0; i < GOROUTINES; i++)
    CHECK_EQ(results[i], 100 * i + 3);
  return 0;
}
