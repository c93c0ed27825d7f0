// SPDX-License-Identifier: MIT
// S1, S3: every prologue form, with the stack pointer at every distance from
// the guard. After Go's runtime/stack_test.go, TestStackGrowth, and
// test/fixedbugs/issue3787 (frames around the small-frame limit).
//
// A check compares %rsp itself for frames below 256 bytes and %rsp minus the
// frame above. Frames are made of an array that is only accessed at constant
// offsets, so it stays in the frame; lists of sizes straddle 255/256 and
// 4095/4096, and 1 MB.
#include "stack.h"

#define EACH_SMALL(F)                                                          \
  F(16)                                                                        \
  F(192) F(200) F(208) F(216) F(224) F(232) F(240) F(248) F(256) F(264) F(272)
#define EACH_PAGE(F)                                                           \
  F(4024)                                                                      \
  F(4032)                                                                      \
  F(4040) F(4048) F(4056) F(4064) F(4072) F(4080) F(4088) F(4096) F(4104)
#define EACH_MB(F) F(1048552) F(1048560) F(1048568) F(1048576) F(1048584)

static int nothing(void *arg) { return arg != NULL; }
static int (*volatile call_nothing)(void *) = nothing;

// The first and last bytes of the frame are written, then something is
// called that needs the budget below, then they are read.
#define FRAME(n)                                                               \
  static NOINLINE int frame_##n(void) {                                        \
    char a[n];                                                                 \
    WHOLE(a);                                                                  \
    a[0] = 1;                                                                  \
    a[(n) / 2] = 2;                                                            \
    a[(n) - 1] = 3;                                                            \
    WHOLE(a);                                                                  \
    int r = call_nothing(NULL);                                                \
    return r + a[0] + a[(n) / 2] * 10 + a[(n) - 1] * 100;                      \
  }
EACH_SMALL(FRAME)
EACH_PAGE(FRAME)
EACH_MB(FRAME)

typedef int frame_fn(void);
#define NAME(n) frame_##n,
static frame_fn *const small[] = {EACH_SMALL(NAME)};
static frame_fn *const page[] = {EACH_PAGE(NAME)};
static frame_fn *const mb[] = {EACH_MB(NAME)};
#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

// Two steps of different size: their sums reach every multiple of 16.
struct plan {
  frame_fn *fn;
  int small_steps, large_steps;
};

static NOINLINE int large_step(struct plan *p, int n);

static NOINLINE int small_step(struct plan *p, int n) {
  if (n == 0)
    return large_step(p, p->large_steps);
  int r = small_step(p, n - 1);
  BARRIER();
  return r + 1;
}

static NOINLINE int large_step(struct plan *p, int n) {
  if (n == 0)
    return p->fn();
  volatile long pad[3];
  pad[0] = n;
  int r = large_step(p, n - 1);
  BARRIER();
  return r + (pad[0] == n);
}

static void run_plan(void *arg) {
  struct plan *p = arg;
  CHECK(small_step(p, p->small_steps) == 321 + p->small_steps + p->large_steps);
}

static void every_distance(frame_fn *const *fns, int count, int steps) {
  for (int f = 0; f < count; f++)
    for (int s = 0; s < steps; s++)
      for (int l = 0; l < 4; l++) {
        struct plan p = {fns[f], s, l};
        run_in_goroutine(run_plan, &p);
      }
}

// S3: one huge frame grows the stack once.
static void huge_frame(void *arg) {
  struct vine_stack_stats before, after;
  uint64_t size = stack_size();
  vine_stack_stats(&before);
  CHECK(((frame_fn *)arg)() == 321);
  vine_stack_stats(&after);
  CHECK(stack_size() > size && stack_size() >= 1 << 20);
  CHECK(after.grows - before.grows <= 2); // the second: its callee
}

int main(void) {
  every_distance(small, COUNT(small), 24);
  every_distance(page, COUNT(page), 12);
  every_distance(mb, COUNT(mb), 2);
  for (int i = 0; i < COUNT(mb); i++)
    run_in_goroutine(huge_frame, (void *)mb[i]);
  return 0;
}
