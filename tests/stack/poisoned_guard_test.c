// SPDX-License-Identifier: MIT
// S2: a poisoned guard is missed by no prologue form. After Go's
// TestPreemptSplitBig (runtime/proc_test.go).
//
// Run with VINEMAXPROCS=1. The test asks for preemption itself, as sysmon
// does, by writing the guard, and calls a function of each form: another
// runnable goroutine must have run when it returns.
#include "stack.h"
#include "vine_abi.h"

static volatile int other_ran;

static void other(void *arg) {
  (void)arg;
  other_ran = 1;
}

static int nothing(void *arg) { return arg != NULL; }
static int (*volatile call_nothing)(void *) = nothing;

#define FRAME(n)                                                               \
  static NOINLINE int frame_##n(void) {                                        \
    char a[n];                                                                 \
    WHOLE(a);                                                                  \
    a[0] = 1;                                                                  \
    a[(n) - 1] = 1;                                                            \
    int ran = other_ran;                                                       \
    WHOLE(a);                                                                  \
    int r = call_nothing(NULL);                                                \
    return ran + r + a[0] - a[(n) - 1];                                        \
  }
FRAME(8)
FRAME(240)
FRAME(256)
FRAME(4096)
FRAME(100000)
FRAME(1048576)

static NOINLINE int variadic(int n, ...) {
  int ran = other_ran;
  __builtin_va_list ap;
  __builtin_va_start(ap, n);
  int r = __builtin_va_arg(ap, int);
  __builtin_va_end(ap);
  return ran + call_nothing(NULL) + r - n;
}

static NOINLINE int call_variadic(void) { return variadic(3, 3, 2.0); }

static inline void poison_guard(void) {
  __asm__ volatile("movq %0, %%fs:%c1"
                   :
                   : "i"(VINE_GUARD_PREEMPT), "i"(VINE_TCB_GUARD)
                   : "memory");
}

static void check(int (*frame)(void)) {
  other_ran = 0;
  CHECK(vine_spawn(other, NULL) == 0);
  poison_guard();
  CHECK(frame() == 1);
}

static void each_form(void *arg) {
  (void)arg;
  check(frame_8);
  check(frame_240);
  check(frame_256);
  check(frame_4096);
  check(frame_100000);
  check(frame_1048576);
  check(call_variadic);
}

int main(void) {
  CHECK(vine_maxprocs() == 1);
  each_form(NULL);
  run_in_goroutine(each_form, NULL);
  return 0;
}
