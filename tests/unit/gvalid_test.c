// SPDX-License-Identifier: MIT
// gvalid.h: a goroutine that is in order, and each way to break one.
#include "unit.h"

#include "gvalid.h"

static struct g good(void) {
  return (struct g){.goid = 7,
                    .lo = 0x10000,
                    .hi = 0x10400,
                    .sp = 0x10380,
                    .guard = 0x10000 + VINE_STACK_BUDGET,
                    .kind = G_GROWABLE};
}

static struct g fixed(void) {
  return (struct g){.goid = 7,
                    .lo = 0x10000,
                    .hi = 0x20000,
                    .kind = G_FIXED,
                    .flags = G_FLAG_FIXED | G_FLAG_FP};
}

static struct g hibernated(void) {
  static char block[64];
  return (struct g){.goid = 7,
                    .block = block,
                    .block_bytes = sizeof block,
                    .flags = G_FLAG_HIBERNATED};
}

// One change to a copy of a good one makes it a bad one.
#define BREAKS(make, change)                                                   \
  do {                                                                         \
    struct g g = make();                                                       \
    CHECK(vine__g_is_stopped(&g));                                             \
    change;                                                                    \
    CHECK(!vine__g_is_stopped(&g));                                            \
  } while (0)

#define KEEPS(make, change)                                                    \
  do {                                                                         \
    struct g g = make();                                                       \
    change;                                                                    \
    CHECK(vine__g_is_stopped(&g));                                             \
  } while (0)

static void test_growable(void) {
  BREAKS(good, g.goid = 0);
  BREAKS(good, g.hi += 8);
  BREAKS(good, g.lo = g.hi);
  BREAKS(good, g.hi = g.lo + VINE_STACK_MIN / 2);
  BREAKS(good, g.guard = g.lo);
  BREAKS(good, g.segs = 1);
  BREAKS(good, g.sp = g.hi);
  BREAKS(good, g.sp += 4);
  KEEPS(good, g.guard = (uintptr_t)VINE_GUARD_PREEMPT);
  KEEPS(good, (g.segs = 1, g.pins = 1));
}

static void test_large(void) {
  struct vine__stack_large l = {
      .lo = (char *)0x8000, .low = (char *)0x8000, .hi = (char *)0x10400};
  KEEPS(good, g.large = &l);
  BREAKS(good, (g.large = &l, g.hi -= VINE_STACK_ALIGN));
  BREAKS(good, (g.large = &l, l.low = (char *)0x10040));
}

static void test_flags(void) {
  BREAKS(good, g.flags = G_FLAG_FIXED);
  BREAKS(good, g.flags = G_FLAG_SIDE);
  BREAKS(good, g.mask = 7);
  KEEPS(good, (g.mask = 7, g.flags = G_FLAG_MASK));
  BREAKS(good, g.side_regs.ss_lo = 0x30000);
  BREAKS(good, g.flags = G_FLAG_TRAPPED);
  BREAKS(good, g.block = &g);
  BREAKS(good, g.hold_depth = 1);
  KEEPS(good, (g.flags = G_FLAG_TRAPPED, g.block = &g));
  BREAKS(fixed, g.flags = G_FLAG_FIXED);
  BREAKS(fixed, g.guard = 1);
  BREAKS(fixed, g.lo = g.hi);
  BREAKS(hibernated, g.flags |= G_FLAG_TRAPPED);
  BREAKS(hibernated, g.hi = 0x10400);
  BREAKS(hibernated, g.pins = 1);
}

static void test_bound(void) {
  struct m m = {.held = NULL};
  KEEPS(good, (g.flags = G_FLAG_BOUND, g.held = &m, m.held = &g, g.sp = 8));
  BREAKS(good, (g.held = &m, m.held = &g));
  BREAKS(good, (g.flags = G_FLAG_BOUND, g.held = &m, m.held = NULL));
}

static void test_dead(void) {
  struct g g = {.lo = 0x10000, .hi = 0x10000 + VINE_STACK_MIN};
  CHECK(vine__g_is_dead(&g));
  g.hold_depth = 1;
  CHECK(!vine__g_is_dead(&g));
  g.hold_depth = 0;
  g.hi += VINE_STACK_MIN;
  CHECK(!vine__g_is_dead(&g));
}

int main(void) {
  test_growable();
  test_large();
  test_flags();
  test_bound();
  test_dead();
  return 0;
}
