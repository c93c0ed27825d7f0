// SPDX-License-Identifier: MIT
// Windows' calling convention on growing stacks: S5. Direct calls and those
// through pointers, of our functions and foreign ones, callbacks, vine_go.
#include "ms_abi.h"
#include "testing.h"

#include <vine.h>

enum { WANT = 1 + 4 + 9 + 16 + 25 + 36 + 49 + 80 };
#define ARGUMENTS 1, 2, 3.0, 4, 5, 6.0f, 7, ((struct ms_big){8, 9, 10})

static vine_group done;

__attribute__((noinline)) static long deep(long n) {
  volatile char pad[300];
  pad[0] = 1;
  return n ? deep(n - 1) + pad[0] : 0;
}

MS long ours_mixed(long a, int b, double c, long d, long e, float f, char g,
                   struct ms_big h) {
  vine_yield();
  CHECK_EQ(deep(30), 30);
  return a + b * 2 + (long)c * 3 + d * 4 + e * 5 + (long)f * 6 + g * 7 +
         h.c * 8;
}

MS static long called_back(long a, long b, long c, long d, long e, long f) {
  vine_yield();
  CHECK_EQ(deep(30), 30);
  return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6;
}

static ms_mixed *volatile to_ours = ours_mixed, *volatile to_theirs =
                                                    theirs_mixed;

__attribute__((noinline)) static void run(void) {
  volatile double in[4] = {1, 2, 3, 4};
  double kept = in[0], too = in[1]; // callees save them
  CHECK_EQ(ours_mixed(ARGUMENTS), WANT);
  CHECK_EQ(theirs_mixed(ARGUMENTS), WANT);
  CHECK_EQ(to_ours(ARGUMENTS), WANT);
  CHECK_EQ(to_theirs(ARGUMENTS), WANT);
  CHECK_EQ(theirs_big(5).c, 7);
  CHECK_EQ(theirs_calls(1, called_back), 1 + 1 + 4 + 9 + 16 + 25 + 36);
  CHECK(kept + too == 3);
  vine_go(ours_mixed(ARGUMENTS));
  vine_go(to_theirs(ARGUMENTS));
  vine_group_done(&done);
}

int main(void) {
  vine_group_add(&done, 4);
  for (int i = 0; i < 4; i++)
    vine_go(run());
  vine_group_wait(&done);
  return 0;
}
