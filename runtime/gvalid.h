// SPDX-License-Identifier: MIT
// What is true of a goroutine's struct whenever its owner isn't in the middle
// of changing it: for assertions. The owner calls these: the thread that runs,
// parks, wakes or scans g, or that took it off a queue. Only the guard has
// other writers, sysmon and the freezer.
//
// Like gstatus.h this is beside g.h, so that every folder of the goroutines may
// use it; sched/valid.h has the same of threads and processors.
#ifndef VINE_GVALID_H
#define VINE_GVALID_H

#include "g.h"

#include <stdbool.h>
#include <stdint.h>

// The guard is the budget's upper end, or a mark: vine__stack_set_guard, and
// vine__m_poison in sysmon.c.
static inline bool vine__g_guard_is_valid(const struct g *g) {
  uintptr_t guard = load_relaxed((_Atomic uintptr_t *)(uintptr_t)&g->guard);
  return guard == g->lo + VINE_STACK_BUDGET ||
         guard == (uintptr_t)VINE_GUARD_MOVE ||
         guard == (uintptr_t)VINE_GUARD_PREEMPT;
}

// Of a growable g that isn't hibernated.
static inline bool vine__g_stack_is_valid(const struct g *g) {
  if (g->hi % VINE_STACK_ALIGN != 0 || g->lo % VINE_STACK_ALIGN != 0) // STACK1
    return false;
  if (g->lo >= g->hi || g->hi - g->lo < VINE_STACK_MIN)
    return false;
  const struct vine__stack_large *l = vine__g_large(g);
  if (l && ((uintptr_t)l->hi != g->hi || g->lo < (uintptr_t)l->low))
    return false;
  if (g->segs != 0 && g->pins == 0) // SEGMENT1
    return false;
  return vine__g_guard_is_valid(g);
}

static inline bool vine__g_is_hibernated_well(const struct g *g) {
  return vine__g_kind(g) == G_GROWABLE && g->hi == 0 && g->frames &&
         !vine__g_large(g) && g->frames_bytes != 0 && g->segs == 0 && !g->held;
}

// What flags repeat of other fields, so that one byte tells.
static inline bool vine__g_flags_are_valid(const struct g *g) {
  uint8_t blocks = g->flags & (G_FLAG_TRAPPED | G_FLAG_HIBERNATED);
  bool fixed = vine__g_kind(g) == G_FIXED;
  if (((g->flags & G_FLAG_FIXED) != 0) != fixed)
    return false;
  if (load_relaxed(&((struct g *)(uintptr_t)g)->mask) &&
      !(g->flags & G_FLAG_MASK)) // MASK1
    return false;
  if (fixed && (!(g->flags & G_FLAG_FP) || blocks))
    return false;
  if (blocks == (G_FLAG_TRAPPED | G_FLAG_HIBERNATED))
    return false;
  if ((g->flags & G_FLAG_TRAPPED) && !g->block)
    return false;
  if (((g->flags & G_FLAG_SIDE) != 0) != (g->ss_lo != 0))
    return false;
  return !(g->held || vine__g_keeps_thread(g)) || (g->flags & G_FLAG_BOUND);
}

// Of a g that is alive.
static inline bool vine__g_is_valid(const struct g *g) {
  if (vine__g_goid(g) == 0 || !vine__g_flags_are_valid(g))
    return false;
  if (g->held && g->held->held != g) // SCHED1: the thread knows, too
    return false;
  if (g->flags & G_FLAG_HIBERNATED)
    return vine__g_is_hibernated_well(g);
  if (vine__g_kind(g) == G_FIXED)
    return g->lo < g->hi && !vine__g_large(g) && g->guard == 0 && g->segs == 0;
  return vine__g_stack_is_valid(g);
}

// Of one that is alive and doesn't run, so that g->sp tells where it stopped:
// on its stack, or on the system stack of the thread that it is bound to
// (PARK2).
static inline bool vine__g_is_stopped(const struct g *g) {
  if (!vine__g_is_valid(g))
    return false;
  if ((g->flags & G_FLAG_HIBERNATED) || vine__g_kind(g) == G_FIXED)
    return true;
  return g->sp % sizeof(uintptr_t) == 0 &&
         (vine__g_is_on_stack(g, g->sp) || g->held);
}

// Of one that is dead (PROC1).
static inline bool vine__g_is_dead(const struct g *g) {
  size_t bytes = g->hi - g->lo;
  bool fits = bytes >= VINE_STACK_MIN && bytes <= VINE_STACK_KEEP;
  return (bytes == 0 || fits) && !g->rare && !g->held && g->locks == 0 &&
         g->pins == 0 && g->segs == 0 && g->ss_lo == 0 && g->ssp == 0 &&
         g->ss_granules == 0 && !g->side.newest;
}

#endif
