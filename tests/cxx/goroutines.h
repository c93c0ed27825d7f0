// SPDX-License-Identifier: MIT
// Runs a callable in some goroutines at once, and waits for all.
#ifndef VINE_TESTS_CXX_GOROUTINES_H
#define VINE_TESTS_CXX_GOROUTINES_H

#include <vine.h>

template <class F> static void run_one(vine_group *wg, const F *body, int i) {
  (*body)(i);
  vine_group_done(wg);
}

template <class F> static void in_goroutines(int n, const F &body) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(run_one(&wg, &body, i));
  vine_group_wait(&wg);
}

#endif
