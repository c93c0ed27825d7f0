// SPDX-License-Identifier: MIT
// A function may be defined in several objects (inline, weak), under several
// names (aliases), or nowhere: each call reaches the one that the linker kept,
// on the stack that it needs.
#include "inline.h"
#include "testing.h"

static void calls(vine_group *wg, int n) {
  int sum = n * (n + 1) / 2;
  CHECK_EQ(local_copy(n), sum);
  CHECK_EQ(c99_inline(n), sum);
  CHECK_EQ(gnu_inline(n), n + 1);
  CHECK_EQ(overridden(n), n + 1);
  CHECK_EQ(kept(n), sum);
  CHECK_EQ(weak_name(n), sum);
  CHECK_EQ(strong_name(n), sum);
  CHECK_EQ(resolved(n), n + 2);
  CHECK(!missing);
  CHECK_EQ(calls_from_ours(n), 5 * sum + 2 * (n + 1) + n + 2);
  vine_group_done(wg);
}

int main(void) {
  enum { N = 8 };
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, N);
  for (int i = 0; i < N; i++)
    vine_go(calls(&wg, 10 + i));
  vine_group_wait(&wg);
}
