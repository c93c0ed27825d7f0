// SPDX-License-Identifier: MIT
// The queues in which runnable goroutines wait.
//
// How it works (after Go's). Each P has a ring of VINE_RUNQ slots. Its owner
// adds at the tail and takes at the head; others steal half of it at the head,
// by compare and swap. The goroutine in `runnext` goes before all of them: the
// one that the running goroutine made runnable last, since the two often work
// on the same data. Half of a full ring goes to the global queue (globrunq.c).
// What every switch needs is inline, in runq.h.
//
// Invariants:
// (RUNQ1) Only the thread that has P p writes p->tail, p->cache, p->counts.
// (RUNQ2) A goroutine is in at most one queue, and then RUNNABLE.
// (RUNQ3) While maxprocs is 1 nobody but its owner takes from the only P's
//      queue: plain stores do. So the number changes only while the world is
//      stopped (stop.c).
//
// Checked: tests/model/steal.pml (RUNQ1 to RUNQ3).
//
// Locking: none. Runs on: system stack.
//
// Rejected: one global queue (contended).
//
// See also: sched.c, which decides where to look; globrunq.c; idle.c.

#include "sched/runq.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/valid.h"

// --- a P's queue ---

// Half of a full queue, and g, to the global queue. Owner only.
__attribute__((noinline)) bool vine__runq_put_slow(struct p *p, struct g *g,
                                                   uint32_t h, uint32_t t) {
  struct g *half[VINE_RUNQ_BATCH];
  uint32_t n = (t - h) / 2;
  VINE_DCHECK(n + 1 == VINE_RUNQ_BATCH, "queue: not full");
  for (uint32_t i = 0; i < n; i++)
    half[i] = load_relaxed(&p->runq[(h + i) % VINE_RUNQ]);
  if (!cas_acq_rel(&p->head, &h, h + n)) // pairs with runq_grab's cas
    return false;
  half[n] = g;
  vine__globrunq_put_batch(p, half);
  return true;
}

void vine__runq_drain(struct p *p) {
  VINE_ASSERT(!load_relaxed(&p->m), "drain: a thread has the P (RUNQ1)");
  struct g *g;
  while ((g = vine__runq_get_any(p)) != NULL)
    vine__globrunq_put(g);
}

bool vine__runq_is_empty(struct p *p) {
  // head, tail and runnext aren't read at one moment: a goroutine may go from
  // runnext to the queue in between. Reading tail twice excludes that.
  for (;;) {
    uint32_t h = load_acquire(&p->head);
    uint32_t t = load_acquire(&p->tail);
    struct g *n = load_seq_cst(&p->runnext); // pairs with runq_put
    if (t == load_acquire(&p->tail))
      return h == t && !n;
  }
}

// --- stealing ---

// How long a goroutine has to be the one that runs next before another thread
// takes it, as in Go. Most wait only until the running one parks, and to move
// back and forth costs two of them more than it gains. The timer's slack makes
// this some 50 us: about what waking a thread costs both sides.
#define STEAL_NEXT_NS 3000

static bool runq_steal_next(struct p *p, struct p *to, uint32_t at) {
  struct g *next = load_acquire(&p->runnext);
  if (!next)
    return false;
  vine__os_sleep(STEAL_NEXT_NS);
  if (!cas_acq_rel(&p->runnext, &next, NULL))
    return false;
  store_relaxed(&to->runq[at % VINE_RUNQ], next);
  return true;
}

// Copies half of p's queue to `to` from slot `at` on; returns how many.
static uint32_t runq_grab(struct p *p, struct p *to, uint32_t at,
                          bool steal_next) {
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with other consumers' cas
    uint32_t t = load_acquire(&p->tail); // pairs with the owner's store
    uint32_t n = t - h;
    n -= n / 2;
    if (n == 0)
      return steal_next && runq_steal_next(p, to, at);
    if (n > VINE_RUNQ / 2) // h and t were not read together
      continue;
    for (uint32_t i = 0; i < n; i++) {
      struct g *g = load_relaxed(&p->runq[(h + i) % VINE_RUNQ]);
      store_relaxed(&to->runq[(at + i) % VINE_RUNQ], g);
    }
    if (cas_acq_rel(&p->head, &h, h + n))
      return n;
  }
}

struct g *vine__runq_steal(struct p *p, struct p *from, bool steal_next) {
  VINE_DCHECK(p != from && load_relaxed(&p->m) == vine__getm(), "steal: RUNQ1");
  uint32_t t = load_relaxed(&p->tail);
  VINE_DCHECK(t - load_relaxed(&p->head) <= VINE_RUNQ / 2, "steal: no room");
  uint32_t n = runq_grab(from, p, t, steal_next);
  if (n == 0)
    return NULL;
  n--;
  struct g *g = load_relaxed(&p->runq[(t + n) % VINE_RUNQ]);
  store_release(&p->tail, t + n);
  VINE_DCHECK(vine__g_status(g) == G_RUNNABLE, "stolen: can't run (RUNQ2)");
  VINE_XCHECK(vine__runq_is_valid(p), "stolen: some can't run (RUNQ2)");
  return g;
}
