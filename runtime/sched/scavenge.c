// SPDX-License-Identifier: MIT
// The watchdog's rounds over parked goroutines, whose stacks shrink and
// hibernate (stack/shrink.c), and what becomes of the memory.
//
// A goroutine that parks and wakes all the time never shrinks: its time of
// parking is always recent. Hibernating and waking costs less than a
// microsecond, and one that does so every two seconds doesn't notice.
//
// The stacks that this frees leave free pages, many at once and for good: what
// nobody needed for a second goes back to the kernel, a little in each round,
// so that the watchdog is soon back at its other work.
//
// Locking: none; the SCAN bit of each goroutine (SCAN1 of shrink.c).
// Runs on: the watchdog's thread. Allocates; failure is no error.

#include "sched/scavenge.h"
#include "gstatus.h"
#include "mem/pageheap.h"
#include "sched/proc.h"
#include "stack/shrink.h"

#define ROUND_NS (100 * 1000 * 1000ll) // one look at every goroutine, at most
#define ROUND_GS 200000                // goroutines looked at per slice

#define IDLE_NS (1000 * 1000 * 1000ll) // free pages that weren't needed so long
#define KEEP_BYTES ((size_t)VINE_MIB)  // of those
#define ROUND_BYTES ((size_t)4 * VINE_MIB)

_Atomic int64_t vine__shrink_after_ns = 200 * 1000 * 1000ll;
_Atomic int64_t vine__hibernate_after_ns = 2 * 1000 * 1000 * 1000ll;

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

static void give_back(int64_t now_ns) {
  static int64_t next_ns;
  static size_t surplus;
  if (now_ns >= next_ns) {
    size_t idle = vine__heap_idle_bytes();
    surplus = idle > KEEP_BYTES ? idle - KEEP_BYTES : 0;
    next_ns = now_ns + IDLE_NS;
  }
  size_t n = surplus < ROUND_BYTES ? surplus : ROUND_BYTES;
  surplus -= n;
  if (n)
    vine__heap_give_back(n);
}

void vine__scavenge(int64_t now_ns) {
  give_back(now_ns);
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
