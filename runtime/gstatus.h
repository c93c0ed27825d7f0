// SPDX-License-Identifier: MIT
// The only place where a goroutine's status changes. See the drawing in g.h.
#ifndef VINE_GSTATUS_H
#define VINE_GSTATUS_H

#include "base/assert.h"
#include "g.h"

static inline uint32_t vine__g_status(const struct g *g) {
  return load_acquire(&((struct g *)(uintptr_t)g)->status);
}

// For transitions that only the owner of g can make.
static inline void vine__g_set_status(struct g *g, uint8_t from, uint8_t to) {
  VINE_DCHECK(load_relaxed(&g->status) == from, "g: status not as expected");
  store_release(&g->status, to);
}

// IDLE or DEAD -> RUNNABLE, by whoever made g and gave it a stack.
static inline void vine__g_begin(struct g *g) {
  VINE_DCHECK(load_relaxed(&g->status) == G_IDLE ||
                  load_relaxed(&g->status) == G_DEAD,
              "g: begins while it lives");
  store_release(&g->status, G_RUNNABLE);
}

// Any -> GONE, in a forked child, where one thread is left.
static inline void vine__g_leave_behind(struct g *g) {
  store_relaxed(&g->status, G_GONE);
}

// WAITING -> RUNNABLE, by whoever wakes g. Waits while the stack is being
// shrunk (SCAN): those are microseconds. Exactly one caller may do it, the
// one that took g off what it waited in. False: g is gone (fork.c).
static inline bool vine__g_make_runnable(struct g *g) {
  for (;;) {
    uint8_t s = G_WAITING;
    if (cas_acq_rel(&g->status, &s, G_RUNNABLE))
      return true;
    if (s == G_GONE)
      return false;
    VINE_ASSERT(s == (G_WAITING | G_SCAN), "ready: goroutine is not waiting");
    vine__cpu_relax();
  }
}

// WAITING -> WAITING|SCAN: the caller owns the stack until it ends the scan.
static inline bool vine__g_try_scan(struct g *g) {
  uint8_t s = G_WAITING;
  return cas_acq_rel(&g->status, &s, G_WAITING | G_SCAN);
}

static inline void vine__g_end_scan(struct g *g) {
  vine__g_set_status(g, G_WAITING | G_SCAN, G_WAITING);
}

#endif
