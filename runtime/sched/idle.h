// SPDX-License-Identifier: MIT
// Processors and threads without work. idle.c tells how they wait for some.
#ifndef VINE_IDLE_H
#define VINE_IDLE_H

#include "base/assert.h"
#include "base/atomic.h"
#include "g.h"
#include "sched/sched.h"

// Thread m gets p, which no thread has; gives back the one that it has.
void vine__acquirep(struct m *m, struct p *p);
struct p *vine__releasep(struct m *m);

// An idle P, no longer idle, or null. Takes the lock; or it is held.
struct p *vine__pidle_get(void);
struct p *vine__pidle_get_locked(void);
// Makes p idle; counts it as stopped instead while the state is PAUSING.
void vine__pidle_put_locked(struct p *p);

// Starts or wakes a thread if there is an idle processor. After a goroutine was
// queued.
void vine__wakep(void);

void vine__wakep_slow(void);
// After a sequentially consistent store to a queue: these loads come after it
// in that order, and so the idle thread's after its decrement.
static inline void vine__wakep_ordered(void) {
  struct vine__sched *s = &vine__sched;
  if (load_seq_cst(&s->idle_p_count) != 0 && load_seq_cst(&s->spinning) == 0)
    vine__wakep_slow();
}

// Gives p, which no thread has, to a thread, or makes it idle.
void vine__handoffp(struct p *p);

// m no longer looks for work.
static inline void vine__spinning_end(struct m *m) {
  VINE_DCHECK(m->spinning, "spinning: ends before it began");
  m->spinning = false;
  uint32_t was = fetch_sub_seq_cst(&vine__sched.spinning, 1);
  VINE_DCHECK(was != 0, "spinning: fewer counted than there are");
}

// m found no work: gives its P back. True when it has another P already,
// because work appeared meanwhile.
bool vine__go_idle(struct m *m);
// m has no P: sleeps until it has one, or ends its thread.
void vine__sleep_idle(struct m *m);
// The same for a thread that isn't idle, but waits for a P with a goroutine of
// its own.
void vine__stopm_for_p(struct m *m);

#endif
