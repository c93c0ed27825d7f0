// SPDX-License-Identifier: MIT
// P4: a goroutine that loses its processor inside of fesetround, which has set
// the control words already, keeps them; who runs on its thread meanwhile has
// the default ones.
#include "stack.h"

#include <fenv.h>

static vine_group done;
static int rounds_left;

static void sets(int mode) {
  for (int i = 0; i < 10; i++) {
    CHECK(fesetround(mode) == 0);
    CHECK(fegetround() == mode);
    vine_yield();
    CHECK(fegetround() == mode);
    CHECK(fesetround(FE_TONEAREST) == 0);
    CHECK(fegetround() == FE_TONEAREST);
    vine_yield();
  }
  __atomic_sub_fetch(&rounds_left, 1, __ATOMIC_ACQ_REL);
  vine_group_done(&done);
}

static void by_default(void) {
  while (__atomic_load_n(&rounds_left, __ATOMIC_ACQUIRE)) {
    CHECK(fegetround() == FE_TONEAREST);
    vine_yield();
  }
  vine_group_done(&done);
}

int main(void) {
  rounds_left = 3;
  vine_group_add(&done, 6);
  vine_go(sets(FE_UPWARD));
  vine_go(sets(FE_DOWNWARD));
  vine_go(sets(FE_TOWARDZERO));
  for (int i = 0; i < 3; i++)
    vine_go(by_default());
  vine_group_wait(&done);
  return 0;
}
