// SPDX-License-Identifier: MIT
// The queues in which runnable goroutines wait.
//
// How it works (after Go's). Each P has a ring of VINE_RUNQ slots. Its owner
// adds at the tail and takes at the head; others steal half of it at the head,
// by compare and swap. The goroutine in `runnext` goes before all of them: the
// one that the running goroutine made runnable last, since the two often work
// on the same data. Half of a full ring goes to the global queue, a list under
// the scheduler's lock, where goroutines wait that no P's owner has queued,
// too: those that plain threads start or wake, that were preempted, or that are
// bound to a thread. In front of them, in a list of their own, are those whose
// threads came back from foreign code (turns.c). What every switch needs is
// inline, in runq.h.
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
// Locking: SCHED, for the global queue. Runs on: system stack; with the global
// queue any thread may deal. Doesn't allocate.
//
// Rejected: one global queue (contended).
//
// See also: sched.c, which decides where to look; idle.c.

#include "sched/runq.h"
#include "base/assert.h"
#include "mem/lock.h"
#include "os/os.h"
#include "sched/turns.h"
#include "sched/valid.h"

// --- the global queue ---

// A chain of n goroutines.
static void put_chain_locked(struct vine__runq_list *to, struct g *first,
                             struct g *last, uint32_t n) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "global queue: no lock");
  VINE_DCHECK(n != 0, "global queue: an empty chain");
  VINE_DCHECK(vine__g_status(first) == G_RUNNABLE, "queued: RUNQ2");
  last->next = NULL;
  if (to->head)
    to->tail->next = first;
  else
    to->head = first;
  to->tail = last;
  fetch_add_seq_cst(&vine__sched.runq_count, n);
}

void vine__globrunq_put_locked(struct g *g) {
  put_chain_locked(&vine__sched.runq, g, g, 1);
}

void vine__globrunq_put(struct g *g) {
  vine__lock_acquire(&vine__sched.lock);
  vine__globrunq_put_locked(g);
  vine__lock_release(&vine__sched.lock);
}

void vine__globrunq_put_back_locked(struct g *g) {
  VINE_DCHECK(g->held, "global queue: no thread waits for it");
  put_chain_locked(&vine__sched.back, g, g, 1);
  fetch_add_relaxed(&vine__sched.back_count, 1);
}

// n were taken off the list, and `head` is its first now.
static void cut_locked(struct vine__runq_list *from, struct g *head,
                       uint32_t n) {
  from->head = head;
  uint32_t was = fetch_sub_seq_cst(&vine__sched.runq_count, n);
  VINE_DCHECK(n <= was, "global queue: longer than counted");
  VINE_DCHECK(n != was || (!vine__sched.runq.head && !vine__sched.back.head),
              "global queue: longer than counted");
}

static struct g *pop_locked(struct vine__runq_list *from) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "global queue: no lock");
  struct g *g = from->head;
  if (g)
    cut_locked(from, g->next, 1);
  return g;
}

struct g *vine__globrunq_get_back_locked(void) {
  struct g *g = pop_locked(&vine__sched.back);
  if (g)
    fetch_sub_relaxed(&vine__sched.back_count, 1);
  return g;
}

// Takes up to n off the global queue and puts all but the first, which it
// returns, into p's. What is bound to a thread waits for its turn here. Owner
// only.
static struct g *move_locked(struct p *p, uint32_t n) {
  struct vine__runq_list *from = &vine__sched.runq;
  struct g *first = pop_locked(from);
  if (!first || first->held)
    return first;
  struct g *g = from->head;
  uint32_t t = load_relaxed(&p->tail), taken = 0;
  uint32_t room = VINE_RUNQ - (t - load_acquire(&p->head));
  for (; g && !g->held && taken + 1 < n && taken < room; g = g->next)
    store_relaxed(&p->runq[(t + taken++) % VINE_RUNQ], g);
  cut_locked(from, g, taken);
  store_release(&p->tail, t + taken); // pairs with runq_grab's load
  return first;
}

// The first, unless it was preempted.
static struct g *pop_woken_locked(void) {
  struct g *g = vine__sched.runq.head;
  return g && !(g->flags & G_FLAG_TRAPPED) ? pop_locked(&vine__sched.runq)
                                           : NULL;
}

__attribute__((noinline)) struct g *vine__globrunq_get_woken_slow(void) {
  vine__lock_acquire(&vine__sched.lock);
  struct g *g = vine__globrunq_get_back_locked();
  if (!g)
    g = pop_woken_locked();
  vine__lock_release(&vine__sched.lock);
  return g;
}

struct g *vine__globrunq_get_slow(struct p *p, uint32_t max) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  uint32_t n = load_relaxed(&s->runq_count);
  n = n / load_relaxed(&s->maxprocs) + 1;
  // In the rest's turn only the end of the turn lets in those that are back.
  struct g *g = NULL;
  if (p->turn != TURN_REST || max == 1 || !s->runq.head)
    g = vine__globrunq_get_back_locked();
  if (!g)
    g = move_locked(p, n < max ? n : max);
  vine__lock_release(&s->lock);
  return g;
}

// --- a P's queue ---

// Half of a full queue, and g, to the global queue. Owner only.
__attribute__((noinline)) bool vine__runq_put_slow(struct p *p, struct g *g,
                                                   uint32_t h, uint32_t t) {
  struct g *batch[VINE_RUNQ / 2 + 1];
  uint32_t n = (t - h) / 2;
  VINE_DCHECK(n == VINE_RUNQ / 2, "queue: not full");
  for (uint32_t i = 0; i < n; i++)
    batch[i] = load_relaxed(&p->runq[(h + i) % VINE_RUNQ]);
  if (!cas_acq_rel(&p->head, &h, h + n)) // pairs with runq_grab's cas
    return false;
  batch[n] = g;
  for (uint32_t i = 0; i < n; i++)
    batch[i]->next = batch[i + 1];
  vine__lock_acquire(&vine__sched.lock);
  put_chain_locked(&vine__sched.runq, batch[0], g, n + 1);
  vine__lock_release(&vine__sched.lock);
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
