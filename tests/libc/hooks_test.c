// SPDX-License-Identifier: MIT
// Functions with calls that the compiler put in, for coverage and profiles, on
// growing stacks: I6.
#include "hooks.h"
#include "testing.h"

#include <vine.h>

__attribute__((noinline)) static int deep(int n, const int *p) {
  int v = *p + 1;
  return n ? deep(n - 1, &v) : v;
}

static void run(vine_chan_t results) {
  int zero = 0;
  vine_send(results, deep(50, &zero));
}

int main(void) {
  vine_chan_t results = vine_chan_make(int, 0);
  int sum = 0;
  for (int i = 0; i < 20; i++)
    vine_go(run(results));
  for (int i = 0; i < 20; i++)
    sum += vine_recv(results, int);
  CHECK_EQ(sum, 20 * 51);
#ifndef NO_HOOKS
  CHECK(hook_calls >= 20 * 51);
#endif
  return 0;
}
