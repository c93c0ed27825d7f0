// SPDX-License-Identifier: MIT
// P4, for a thread's state that has no address: the floating-point environment
// is the goroutine's. Rounding, traps and flush to zero stay with who set them
// over yields, channel operations, foreign calls that lose their processor,
// preemption and hibernation, on whatever thread it goes on; others, new ones
// among them, have the default.
#include "foreign.h"
#include "stack.h"

#include <fenv.h>
#include <unistd.h>
#include <vine/chan.h>
#include <xmmintrin.h>

enum { ROUNDS = 200, EACH = 6 };

static vine_group done;
static vine_chan_t baton;
static volatile double one = 1, three = 3;

VINE_FOREIGN static int rounding(void) { return fegetround(); }

// Anything during which others run here, and this one perhaps elsewhere.
static void wander(int i) {
  switch (i % 5) {
  case 0:
    vine_yield();
    break;
  case 1:
    vine_send(baton, vine_recv(baton, int));
    break;
  case 2:
    grow_stack(i % 50);
    break;
  case 3:
    if (i % 20 == 3)
      usleep(100);
    break;
  default:
    for (volatile int n = 0; n < 2000; n++)
      ;
  }
}

static double upper, lower;

static void with_rounding(int mode) {
  CHECK(rounding() == FE_TONEAREST);
  CHECK(fesetround(mode) == 0);
  for (int i = 0; i < ROUNDS; i++) {
    wander(i);
    CHECK(rounding() == mode);
    double third = one / three;
    CHECK(mode == FE_TONEAREST || third == (mode == FE_UPWARD ? upper : lower));
  }
  if (mode == FE_UPWARD) // some set it back, some end with it
    CHECK(fesetround(FE_TONEAREST) == 0);
  vine_group_done(&done);
}

static void by_default(void) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(rounding() == FE_TONEAREST && !(_mm_getcsr() & 0x8000));
    wander(i);
  }
  vine_group_done(&done);
}

// By an intrinsic, by inline assembly: flush to zero, x87's precision.
static void with_control_words(void) {
  _mm_setcsr(_mm_getcsr() | 0x8000);
  uint16_t cw = 0x27f, now;
  __asm__ volatile("fldcw %0" : : "m"(cw));
  for (int i = 0; i < ROUNDS; i++) {
    wander(i);
    __asm__ volatile("fnstcw %0" : "=m"(now));
    CHECK((_mm_getcsr() & 0x8000) && now == cw);
  }
  vine_group_done(&done);
}

// A fixed stack, code that nobody instrumented.
VINE_FOREIGN static void fixed(void *arg) {
  (void)arg;
  CHECK(fegetround() == FE_TONEAREST);
  CHECK(fesetround(FE_TOWARDZERO) == 0);
  for (int i = 0; i < ROUNDS; i++) {
    vine_yield();
    CHECK(fegetround() == FE_TOWARDZERO);
  }
  vine_group_done(&done);
}

static void find_thirds(void) {
  CHECK(fesetround(FE_UPWARD) == 0);
  upper = one / three;
  CHECK(fesetround(FE_DOWNWARD) == 0);
  lower = one / three;
  CHECK(fesetround(FE_TONEAREST) == 0);
  CHECK(upper > lower);
}

// A thread that is made while its maker has other words begins as ever.
static _Atomic bool is_fresh_done;

static void fresh(void) {
  CHECK(rounding() == FE_TONEAREST);
  is_fresh_done = true;
}

static void make_a_thread(void) {
  CHECK(fesetround(FE_UPWARD) == 0);
  vine_go(fresh());
  while (!is_fresh_done) // where there are more processors, on another thread
    ;
  CHECK(fesetround(FE_TONEAREST) == 0);
}

int main(void) {
  find_thirds();
  make_a_thread();
  baton = vine_chan_make(int, 1);
  vine_send(baton, 7);
  vine_group_add(&done, 6 * EACH);
  for (int i = 0; i < EACH; i++) {
    vine_go(with_rounding(FE_UPWARD));
    vine_go(by_default());
    vine_go(with_rounding(FE_DOWNWARD));
    vine_go(with_control_words());
    vine_go(with_rounding(FE_TONEAREST));
    CHECK(vine_spawn(fixed, NULL) == 0);
  }
  vine_group_wait(&done);
  CHECK(fegetround() == FE_TONEAREST);
  return 0;
}
