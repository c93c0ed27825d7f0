// SPDX-License-Identifier: MIT
// vine_yield's fast path.
//
// How it works. Two goroutines that give way to each other, or a thousand, need
// nothing of the scheduler but the queue: vine_yield's stub (switch.S) goes
// from one goroutine's stack to the next one's and never sees the system
// stack. That halves the instructions of a yield. Where anything but the queue
// matters the scheduler decides (vine__yield_sys).
//
// Invariants:
// (YIELD1) The goroutine that yields is queued after its stack was left, by the
//      stub: from then on a thief may run it.
//
// Runs on: the goroutine's stack, below its context: a leaf, within the budget.
//
// See also: ticks.h, runq.h.

#include "sched/yield.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "gstatus.h"
#include "mem/sidestack.h"
#include "sched/keep.h"
#include "sched/runq.h"
#include "sched/ticks.h"

// What a goroutine must not have, to leave or to come by the fast way: its
// context isn't on its growable stack, or more belongs to it than the words
// that change hands here. (A growable one whose context is elsewhere, below
// foreign frames, is bound to its thread.)
#define NOT_FAST                                                               \
  (G_FLAG_FIXED | G_FLAG_BOUND | G_FLAG_HIBERNATED | G_FLAG_FP | G_FLAG_AWAY | \
   G_FLAG_MASK)

// What the scheduler would do after the last turn, if it would find nothing.
static inline __attribute__((always_inline)) bool may_refill(struct p *p) {
  if (!vine__is_undisturbed(p))
    return false;
  vine__ticks_refill(p);
  return true;
}

// Whether m's goroutine runs on its growable stack, with no foreign frames
// below, and p's queue is all that matters now.
static inline bool may_yield_fast(struct m *m, struct p *p) {
  return vine__m_call_sp(m) == load_relaxed(&m->fast_sp) &&
         !load_relaxed(&p->runnext) &&
         (__builtin_expect(load_relaxed(&p->ticks_left) != 0, 1) ||
          may_refill(p));
}

// The first of p's queue and g can change places by the fast way: takes it off,
// else null. Owner only.
static inline struct g *runq_get_fast(struct p *p, const struct g *g,
                                      bool *has_side) {
  uint32_t h = load_acquire(&p->head); // pairs with thieves' cas
  uint32_t t = load_relaxed(&p->tail);
  if (__builtin_expect(t == h, 0))
    return NULL;
  vine__runq_prefetch(p, h, t);
  struct g *next = load_relaxed(&p->runq[h % VINE_RUNQ]);
  // If a thief has it, what was read of it may be stale.
  uint8_t flags = g->flags | next->flags;
  if (__builtin_expect(flags & (NOT_FAST | G_FLAG_SIDE), 0) &&
      (flags & NOT_FAST))
    return NULL;
  *has_side = flags & G_FLAG_SIDE;
  return vine__runq_advance(p, h) ? next : NULL;
}

// The side stack's words in the thread become next's. Its own are zero if it
// has none.
static inline void side_switch(struct g *g, const struct g *next) {
  g->ssp = VINE_TCB(VINE_TCB_SSP);
  vine__side_regs_set(vine__g_side_regs(next));
}

// Stores are what a switch costs, so only where the value is another one.
static inline void errno_switch(struct m *m, struct g *g,
                                const struct g *next) {
  int err = *m->errno_addr;
  if (__builtin_expect(g->err != err, 0))
    g->err = err;
  if (__builtin_expect(next->err != err, 0))
    *m->errno_addr = next->err;
}

// Takes the next goroutine off the queue and makes everything but the stack
// pointer its own. The caller queues g (YIELD1). The queue has room, for one
// was taken out.
struct vine__yield vine__yield_fast(struct m *m, struct g *g) {
  struct vine__yield slow = {NULL, NULL};
  struct p *p = m->p;
  struct g *next;
  bool has_side;
  if (__builtin_expect(!may_yield_fast(m, p), 0) ||
      __builtin_expect(!(next = runq_get_fast(p, g, &has_side)), 0))
    return slow;
  VINE_DCHECK(!g->held && !m->held && !vine__g_keeps_thread(g), "yield: bound");
  if (__builtin_expect(has_side, 0))
    side_switch(g, next);
  errno_switch(m, g, next);
  VINE_DCHECK(vine__g_status(next) == G_RUNNABLE, "yield: can't run");
  VINE_DCHECK(next != g, "yield: queued while it runs (RUNQ2)");
  VINE_DCHECK(!next->held, "yield: to a bound one (SCHED1)");
  vine__keep_forget(m);
  store_release(&m->g, next); // pairs with vine__m_preempt in sysmon.c
  vine__ticks_take(p);
  return (struct vine__yield){next, p};
}
