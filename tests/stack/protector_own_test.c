// SPDX-License-Identifier: MIT
// S5, P6: clang's own canary, of an array that stays in its frame, ends in a
// call that the pass over the IR never sees. It runs on the thread's stack,
// however little of the goroutine's is left, and a program's own
// __stack_chk_fail is what is called. The function of -ftrap-function=, here
// the same one, runs there, too.
#include "protector.h"

// By the depth, the frames end at each place above the guard where they can.
enum { DEPTH_MAX = 96 };

static volatile size_t past;

OVERFLOWS_IN_FRAME(smash, 16, past)
OVERFLOWS_IN_FRAME(smash_large, 1008, past) // its check subtracts the size

static NOINLINE int trap(void) {
  if (past)
    __builtin_trap();
  return 'A';
}

static NOINLINE int narrow(int n, int (*last)(void)) {
  int r = n ? narrow(n - 1, last) : last();
  BARRIER();
  return r;
}

static NOINLINE int wide(int n, int (*last)(void)) {
  volatile long kept[5] = {n};
  int r = n ? wide(n - 1, last) : last();
  BARRIER();
  return kept[0] == n ? r : -1;
}

typedef int recursion(int n, int (*last)(void));

static void check_found(recursion *down, int n, int (*last)(void)) {
  fail_frame = NULL;
  past = 8;
  if (setjmp(fail_to) == 0) {
    down(n, last);
    TEST_FAIL("depth %d: the overflow wasn't found", n);
  }
  past = 0;
  CHECK(fail_frame);
  ptrdiff_t far = (char *)foreign_frame() - (char *)fail_frame;
  CHECK(-(64 << 10) < far && far < 64 << 10);
}

static void at_all_depths(void *arg) {
  (void)arg;
  for (int n = 0; n < DEPTH_MAX; n++) {
    CHECK_EQ(narrow(n, smash), 'A');
    check_found(narrow, n, smash);
    check_found(wide, n, smash);
    check_found(wide, n, smash_large);
    check_found(narrow, n, trap);
    check_found(wide, n, trap);
  }
}

// Each depth in a fresh goroutine, whose stack is as small as they begin.
static void at_depth(void *arg) { check_found(wide, *(int *)arg, smash); }

int main(void) {
  at_all_depths(NULL);
  run_in_goroutine(at_all_depths, NULL);
  for (int n = 0; n < DEPTH_MAX; n++)
    run_in_goroutine(at_depth, &n);
  return 0;
}
