// SPDX-License-Identifier: MIT
// gvalid.h: a goroutine that is in order, and each way to break one.
#include "unit.h"

#include "gvalid.h"

static struct g good(void) {
  return (struct g){.goid_lo = 7,
                    .lo = 0x10000,
                    .hi = 0x10400,
                    .sp = 0x10380,
                    .guard = 0x10000 + VINE_STACK_BUDGET,
                    .kind = G_GROWABLE};
}

static struct g fixed(void) {
  return (struct g){.goid_lo = 7,
                    .lo = 0x10000,
                    .hi = 0x20000,
                    .kind = G_FIXED,
                    .flags = G_FLAG_FIXED | G_FLAG_FP};
}

static struct g hibernated(void) {
  static char block[64];
  return (struct g){.goid_lo = 7,
                    .frames = block,
                    .frames_bytes = sizeof block,
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
  BREAKS(good, g.goid_lo = 0);
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
  struct vine__g_rare rare = {.large = &l};
  KEEPS(good, g.rare = &rare);
  BREAKS(good, (g.rare = &rare, g.hi -= VINE_STACK_ALIGN));
  BREAKS(good, (g.rare = &rare, l.low = (char *)0x10040));
}

static void test_flags(void) {
  BREAKS(good, g.flags = G_FLAG_FIXED);
  BREAKS(good, g.flags = G_FLAG_SIDE);
  BREAKS(good, g.mask = 7);
  KEEPS(good, (g.mask = 7, g.flags = G_FLAG_MASK));
  BREAKS(good, g.ss_lo = 0x30000);
  BREAKS(good, g.flags = G_FLAG_TRAPPED);
  struct vine__g_rare held = {.hold_depth = 1};
  BREAKS(good, g.rare = &held);
  KEEPS(good, (g.rare = &held, g.flags = G_FLAG_BOUND));
  KEEPS(good, (g.flags = G_FLAG_TRAPPED, g.block = &g));
  BREAKS(fixed, g.flags = G_FLAG_FIXED);
  BREAKS(fixed, g.guard = 1);
  BREAKS(fixed, g.lo = g.hi);
  BREAKS(hibernated, g.flags |= G_FLAG_TRAPPED);
  BREAKS(hibernated, g.hi = 0x10400);
  BREAKS(hibernated, g.segs = 1);
  BREAKS(hibernated, g.frames = NULL);
  BREAKS(hibernated, g.frames_bytes = 0);
}

static void test_bound(void) {
  struct m m = {.held = NULL};
  KEEPS(good, (g.flags = G_FLAG_BOUND, g.held = &m, m.held = &g, g.sp = 8));
  BREAKS(good, (g.held = &m, m.held = &g));
  BREAKS(good, (g.flags = G_FLAG_BOUND, g.held = &m, m.held = NULL));
}

// What is in pieces comes back whole.
static void test_pieces(void) {
  struct g g = {.status = G_DEAD};
  static const uint64_t bits = 0x00fedcba98765432;
  void *entry = (void *)0x7edcba987654;
  vine__g_set_goid(&g, bits);
  vine__g_set_entry(&g, entry);
  g.parked = 0xff;
  store_relaxed(&g.mask, 0xffff);
  CHECK(vine__g_goid(&g) == bits && vine__g_entry(&g) == entry);
  struct vine__side_regs r = {0x12340, 0x12000, (size_t)16 << 30};
  vine__g_set_side(&g, r);
  r = vine__g_side_regs(&g);
  CHECK(r.ssp == 0x12340 && r.ss_lo == 0x12000 &&
        r.ss_size == (size_t)16 << 30);
}

static void test_dead(void) {
  struct g g = {.lo = 0x10000, .hi = 0x10000 + VINE_STACK_MIN};
  CHECK(vine__g_is_dead(&g));
  struct vine__g_rare rare = {.hold_depth = 0};
  g.rare = &rare;
  CHECK(!vine__g_is_dead(&g));
  g.rare = NULL;
  CHECK(vine__g_is_dead(&g));
  g.hi = g.lo + VINE_STACK_KEEP + VINE_STACK_ALIGN;
  CHECK(!vine__g_is_dead(&g));
}

int main(void) {
  test_growable();
  test_large();
  test_flags();
  test_bound();
  test_pieces();
  test_dead();
  return 0;
}
