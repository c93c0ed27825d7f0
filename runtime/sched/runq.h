// SPDX-License-Identifier: MIT
// The queues in which runnable goroutines wait: what every switch does is here,
// the rest in runq.c and globrunq.c, which tell how they work. Owner: the
// thread that has p.
#ifndef VINE_RUNQ_H
#define VINE_RUNQ_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/debugflags.h"
#include "gstatus.h"
#include "sched/sched.h"

_Static_assert((VINE_RUNQ & (VINE_RUNQ - 1)) == 0,
               "indices wrap at 2^32, and so in step with the slots");

// Nobody steals (RUNQ3). Atomic instructions are most of what a switch costs.
static inline bool vine__runq_is_alone(void) {
  return load_relaxed(&vine__sched.maxprocs) == 1;
}

// Half of a full queue, and g, to the global queue. False: a thief made room.
// Owner only.
bool vine__runq_put_slow(struct p *p, struct g *g, uint32_t h, uint32_t t);

// At the tail of p's queue. Owner only.
static inline void vine__runq_put_tail(struct p *p, struct g *g) {
  VINE_DCHECK(vine__g_status(g) == G_RUNNABLE, "queued: can't run (RUNQ2)");
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with consumers' cas
    uint32_t t = load_relaxed(&p->tail);
    if (t - h < VINE_RUNQ) {
      store_relaxed(&p->runq[t % VINE_RUNQ], g);
      store_release(&p->tail, t + 1); // pairs with runq_grab's load
      return;
    }
    if (vine__runq_put_slow(p, g, h, t))
      return;
  }
}

static inline void vine__runq_put(struct m *m, struct p *p, struct g *g,
                                  bool next) {
  VINE_DCHECK(load_relaxed(&p->m) == m, "queued: by others (RUNQ1)");
  if (__builtin_expect(vine__debug.seed != 0, 0) && (vine__rand(m) & 1))
    next = !next;
  if (next) {
    struct g *old;
    if (vine__runq_is_alone()) {
      old = load_relaxed(&p->runnext);
      store_relaxed(&p->runnext, g);
    } else {
      old = exchange_seq_cst(&p->runnext, g); // pairs with runq_is_empty
    }
    if (!old)
      return;
    g = old;
  }
  vine__runq_put_tail(p, g);
}

static inline struct g *vine__runq_get_next(struct p *p) {
  struct g *g = load_relaxed(&p->runnext);
  if (!g)
    return NULL;
  if (vine__runq_is_alone()) {
    store_relaxed(&p->runnext, NULL);
    return g;
  }
  // Only the owner sets runnext to non-null; thieves may take it.
  return cas_acq_rel(&p->runnext, &g, NULL) ? g : NULL;
}

// With many goroutines about, each is out of the cache when its turn comes:
// fetches the struct of the one after next, and the stack of the next, whose
// struct is there by now. A thief may have them meanwhile; a struct g stays
// readable for ever, and it is only a hint.
static inline void vine__runq_prefetch(struct p *p, uint32_t h, uint32_t t) {
  if (__builtin_expect(t - h < 3, 1) || VINE_TSAN)
    return;
  struct g *after = load_relaxed(&p->runq[(h + 2) % VINE_RUNQ]);
  __builtin_prefetch(after, 1);
  __builtin_prefetch((char *)after + VINE_CACHE_LINE, 1);
  struct g *next = load_relaxed(&p->runq[(h + 1) % VINE_RUNQ]);
  __builtin_prefetch((void *)*(volatile uintptr_t *)&next->sp, 1);
}

// Takes the goroutine in slot h, the head. False: a thief was faster. Owner
// only.
static inline bool vine__runq_advance(struct p *p, uint32_t h) {
  if (__builtin_expect(!vine__runq_is_alone(),
                       0)) // the atomic instruction hides the jump
    return cas_acq_rel(&p->head, &h, h + 1);
  VINE_DCHECK(load_relaxed(&p->head) == h, "stolen from the only P (RUNQ3)");
  store_relaxed(&p->head, h + 1);
  return true;
}

static inline struct g *vine__runq_get(struct p *p) {
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with thieves' cas
    uint32_t t = load_relaxed(&p->tail);
    if (t == h)
      return NULL;
    vine__runq_prefetch(p, h, t);
    struct g *g = load_relaxed(&p->runq[h % VINE_RUNQ]);
    if (vine__runq_advance(p, h))
      return g;
  }
}

static inline struct g *vine__runq_get_any(struct p *p) {
  struct g *g = vine__runq_get_next(p);
  return g ? g : vine__runq_get(p);
}

// Whether p's queue looks empty. Right for p's owner, unless a thief comes; to
// others it may look so while a goroutine goes from runnext to the queue
// (vine__runq_is_empty).
static inline bool vine__runq_looks_empty(struct p *p) {
  return !load_relaxed(&p->runnext) &&
         load_relaxed(&p->head) == load_relaxed(&p->tail);
}

// Whether p has a goroutine to run, of its own or a global one. Not exact.
static inline bool vine__p_has_work(struct p *p) {
  return !vine__runq_looks_empty(p) ||
         load_relaxed(&vine__sched.runq_count) != 0;
}

// The same, exactly, for anybody.
bool vine__runq_is_empty(struct p *p);
// Moves all of p's queue to the global one. No thread has p.
void vine__runq_drain(struct p *p);
// Takes half of from's queue for p, its runnext only if steal_next and nothing
// else is there. Returns one of them, which is in no queue, or null. p's owner.
struct g *vine__runq_steal(struct p *p, struct p *from, bool steal_next);

// The global queue (globrunq.c). Any thread.
void vine__globrunq_put(struct g *g);
void vine__globrunq_put_locked(struct g *g);
// Half of a full ring, and one more, of p's owner; none is bound to a thread.
#define VINE_RUNQ_BATCH (VINE_RUNQ / 2 + 1)
void vine__globrunq_put_batch(struct p *p, struct g *const gs[VINE_RUNQ_BATCH]);
// The same for one that is back from foreign code, whose thread waits: before
// all others, but in the order in which they came.
void vine__globrunq_put_back_locked(struct g *g);
// Takes the first of those, or returns null.
struct g *vine__globrunq_get_back_locked(void);
// Takes a fair share of it, `max` goroutines at most, for p, and returns the
// first, which is in no queue; or null. p's owner.
struct g *vine__globrunq_get_slow(struct p *p, uint32_t max);
static inline struct g *vine__globrunq_get(struct p *p, uint32_t max) {
  if (load_relaxed(&vine__sched.runq_count) == 0)
    return NULL;
  return vine__globrunq_get_slow(p, max);
}

// Takes the first of it, if that was woken or is back, not preempted; or
// returns null. p's owner.
struct g *vine__globrunq_get_woken_slow(struct p *p);
static inline struct g *vine__globrunq_get_woken(struct p *p) {
  if (load_relaxed(&vine__sched.runq_count) == 0)
    return NULL;
  return vine__globrunq_get_woken_slow(p);
}

#endif
