// SPDX-License-Identifier: MIT
// S8: what is printed below an overflow's message: the goroutine's traceback
// with the top 50 and the bottom 50 frames, and how many were left out. After
// Go's runtime/traceback.go ("...N frames elided...").
#include "crash.h"

static volatile int never = -1;

__attribute__((noinline)) int recurses_for_ever(int n) {
  if (n == never)
    return 0;
  volatile int v = n;
  int r = recurses_for_ever(n + 1);
  __asm__ volatile("" : "+r"(r));
  return r + v;
}

__attribute__((noinline)) int starts_it(void) {
  int r = recurses_for_ever(0);
  return r + 1;
}

static void overflow(void) {
  vine_set_max_stack(1 << 16);
  starts_it();
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    overflow();
    return 0;
  }
  struct test_child *c = test_run_self("overflow");
  if (c->status != EXIT_FATAL || !strstr(c->err, "goroutine 1 [running]:"))
    TEST_FAIL("no traceback, status %d:\n%s", c->status, c->err);
  int frames = crash_count(c->err, "recurses_for_ever");
  if (frames < 90 || frames > 101 || !strstr(c->err, "frames elided"))
    TEST_FAIL("want 50 frames from each end, have %d:\n%s", frames, c->err);
  CHECK(crash_count(c->err, "starts_it") == 1);
  free(c);
  return 0;
}
