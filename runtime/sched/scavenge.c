// SPDX-License-Identifier: MIT
// The watchdog's rounds over parked goroutines, whose stacks shrink and
// hibernate (stack/shrink.c).
//
// A goroutine that parks and wakes all the time never shrinks: its time of
// parking is always recent.
//
// Locking: none; the SCAN bit of each goroutine (SCAN1 of shrink.c).
// Runs on: the watchdog's thread. Allocates; failure is no error.

#include "sched/scavenge.h"
#include "gstatus.h"
#include "sched/proc.h"
#include "stack/shrink.h"

#define ROUND_NS (100 * 1000 * 1000ll) // one look at every goroutine, at most
#define ROUND_GS 200000                // goroutines looked at per slice

_Atomic int64_t vine__shrink_after_ns = 200 * 1000 * 1000ll;
_Atomic int64_t vine__hibernate_after_ns = 10 * 1000 * 1000 * 1000ll;

struct round {
  int64_t now_ns, shrink_ns, hibernate_ns;
};

static void look_at(struct g *g, void *arg) {
  struct round *r = arg;
  if (vine__g_status(g) != G_WAITING)
    return;
  // It may be on its way, and then these are whatever they are: hints. One
  // without a stack hibernates.
  if (load_relaxed((_Atomic uintptr_t *)&g->hi) == 0)
    return;
  int64_t parked = r->now_ns - load_relaxed(&g->since_ns);
  if (parked < r->shrink_ns && parked < r->hibernate_ns)
    return;
  if (!vine__g_try_scan(g))
    return;
  // May have been another park. Or it is to be woken, and in a list: then this
  // is no time, and what it leads to as good as any other.
  parked = r->now_ns - load_relaxed(&g->since_ns);
  if (parked >= r->hibernate_ns)
    vine__stack_hibernate(g, NULL);
  else if (parked >= r->shrink_ns)
    vine__stack_shrink(g, NULL);
  vine__g_end_scan(g);
}

void vine__stack_scavenge(int64_t now_ns) {
  static uint64_t cursor;
  static int64_t next_round;
  if (cursor == 0 && now_ns < next_round)
    return;
  if (cursor == 0)
    next_round = now_ns + ROUND_NS;
  struct round r = {now_ns, load_relaxed(&vine__shrink_after_ns),
                    load_relaxed(&vine__hibernate_after_ns)};
  vine__g_some(&cursor, ROUND_GS, look_at, &r);
}
