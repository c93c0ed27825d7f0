// SPDX-License-Identifier: MIT
// Giving way without the scheduler. yield.c tells how.
#ifndef VINE_YIELD_H
#define VINE_YIELD_H

#include "base/atomic.h"
#include "base/debugflags.h"
#include "g.h"
#include "sched/sched.h"
#include "sched/timer.h"

// Whether nothing beside p's queue wants to run here: no goroutine in the
// global queue, no timer, no stop of the world. By p's owner, before it gives
// way without the scheduler, which sees to all three: the request to give way
// is a mark in the goroutine's guard, and the next goroutine has another guard.
static inline bool vine__is_undisturbed(struct p *p) {
  return load_relaxed(&vine__sched.state) == VINE_RUNNING &&
         load_relaxed(&vine__sched.runq_count) == 0 &&
         vine__timers_first(&vine__timers[p->id]) == VINE_NEVER;
}

// vine_yield may go its fast way. VINEDEBUG's modes want to see every switch.
static inline void vine__yield_allow(struct m *m) {
  bool allowed = !(vine__debug.move | vine__debug.seed);
  store_relaxed(&m->fast_sp, allowed ? m->base_sp : VINE_NO_FAST_YIELD);
}

#endif
