// SPDX-License-Identifier: MIT
// The global queue.
//
// How it works. Under the scheduler's lock, here wait goroutines that no P's
// owner has queued: those that plain threads start or wake, that were
// preempted, or that are bound to a thread; and half of each P's ring that was
// full. In front of them, in a list of their own, are those whose threads came
// back from foreign code (turns.c).
//
// It is a list of items, in the order in which they came. An item is a
// goroutine, linked by g->next, or a batch: the half of a ring as an array of
// addresses. The address of a batch is odd where an item's stands. A goroutine
// that is one of many left the cache long ago when its turn comes near, so to
// walk a list of goroutines is a miss for each, under the lock, of lines that
// the switch to it would fetch ahead (vine__runq_prefetch). A batch goes from
// ring to queue, and from queue to ring, without a look at them.
//
// Invariants:
// (GLOBRUNQ1) runq_count is the number of goroutines in both lists.
// (GLOBRUNQ2) A batch isn't empty, none of its goroutines is bound to a thread,
//      and `back` has none.
//
// Locking: SCHED. Runs on: system stack; any thread may put goroutines. A batch
// comes from the P's cache; without memory its goroutines are put one by one.
//
// Rejected: rings or chunks for all goroutines (a thread without a P would have
// to allocate where it can't fail); batches linked through their first
// goroutine (its fields are full, and its line is the miss).
//
// See also: runq.c.

#include "base/assert.h"
#include "mem/lock.h"
#include "sched/runq.h"
#include "sched/turns.h"

struct batch {
  struct g *next; // item
  uint32_t from, end;
  struct g *g[VINE_RUNQ_BATCH]; // [from, end) wait
};

#define IS_BATCH ((uintptr_t)1)
_Static_assert(_Alignof(struct g) > IS_BATCH &&
                   _Alignof(struct batch) > IS_BATCH,
               "the low bit of an address is free");

static struct batch *batch_of(struct g *item) {
  uintptr_t at = (uintptr_t)item;
  return at & IS_BATCH ? (struct batch *)(at & ~IS_BATCH) : NULL;
}

static struct g *item_of(struct batch *b) {
  return (struct g *)((uintptr_t)b | IS_BATCH);
}

static struct g **link_of(struct g *item) {
  struct batch *b = batch_of(item);
  return b ? &b->next : &item->next;
}

static struct g *first_of(struct g *item) {
  struct batch *b = batch_of(item);
  return b ? b->g[b->from] : item;
}

// --- putting ---

// An item of n goroutines.
static void put_item_locked(struct vine__runq_list *to, struct g *item,
                            uint32_t n) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "global queue: no lock");
  VINE_DCHECK(vine__g_status(first_of(item)) == G_RUNNABLE, "queued: RUNQ2");
  *link_of(item) = NULL;
  if (to->head)
    *link_of(to->tail) = item;
  else
    to->head = item;
  to->tail = item;
  fetch_add_seq_cst(&vine__sched.runq_count, n); // GLOBRUNQ1
}

void vine__globrunq_put_locked(struct g *g) {
  put_item_locked(&vine__sched.runq, g, 1);
}

void vine__globrunq_put(struct g *g) {
  vine__lock_acquire(&vine__sched.lock);
  vine__globrunq_put_locked(g);
  vine__lock_release(&vine__sched.lock);
}

void vine__globrunq_put_back_locked(struct g *g) {
  VINE_DCHECK(g->held, "global queue: no thread waits for it");
  put_item_locked(&vine__sched.back, g, 1);
  fetch_add_relaxed(&vine__sched.back_count, 1);
}

static struct batch *batch_new(struct vine__cache *c,
                               struct g *const gs[VINE_RUNQ_BATCH]) {
  struct batch *b = vine__alloc(c, sizeof *b);
  if (!b)
    return NULL;
  b->from = 0;
  b->end = VINE_RUNQ_BATCH;
  for (uint32_t i = 0; i < VINE_RUNQ_BATCH; i++)
    b->g[i] = gs[i];
  return b;
}

void vine__globrunq_put_batch(struct p *p,
                              struct g *const gs[VINE_RUNQ_BATCH]) {
  struct batch *b = batch_new(&p->cache, gs);
  vine__lock_acquire(&vine__sched.lock);
  if (b)
    put_item_locked(&vine__sched.runq, item_of(b), VINE_RUNQ_BATCH);
  else
    for (uint32_t i = 0; i < VINE_RUNQ_BATCH; i++)
      vine__globrunq_put_locked(gs[i]);
  vine__lock_release(&vine__sched.lock);
}

// --- taking ---

// n were taken.
static void count_locked(uint32_t n) {
  uint32_t was = fetch_sub_seq_cst(&vine__sched.runq_count, n);
  VINE_DCHECK(n <= was, "GLOBRUNQ1: more than counted");
  VINE_DCHECK(n != was || (!vine__sched.runq.head && !vine__sched.back.head),
              "GLOBRUNQ1: longer than counted");
}

// n goroutines of the first item, a batch, were taken. c: of the caller's P.
static void cut_batch_locked(struct vine__runq_list *from, struct batch *b,
                             uint32_t n, struct vine__cache *c) {
  b->from += n;
  VINE_DCHECK(b->from <= b->end, "GLOBRUNQ2: more than the batch had");
  if (b->from < b->end)
    return;
  from->head = b->next;
  vine__free(c, b, sizeof *b);
}

static struct g *pop_locked(struct vine__runq_list *from,
                            struct vine__cache *c) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "global queue: no lock");
  struct g *item = from->head;
  if (!item)
    return NULL;
  struct g *g = first_of(item);
  struct batch *b = batch_of(item);
  if (b)
    cut_batch_locked(from, b, 1, c);
  else
    from->head = g->next;
  count_locked(1);
  return g;
}

struct g *vine__globrunq_get_back_locked(void) {
  struct g *g = pop_locked(&vine__sched.back, NULL);
  if (g)
    fetch_sub_relaxed(&vine__sched.back_count, 1);
  return g;
}

// Moves up to n of the first item to p's slots from `at` on. How many; 0: none
// is there, or it is bound to a thread and waits for its turn here.
static uint32_t move_item_locked(struct p *p, uint32_t at, uint32_t n) {
  struct vine__runq_list *from = &vine__sched.runq;
  struct g *item = from->head;
  if (!item || n == 0)
    return 0;
  struct batch *b = batch_of(item);
  if (!b) {
    if (item->held)
      return 0;
    store_relaxed(&p->runq[at % VINE_RUNQ], item);
    from->head = item->next;
    return 1;
  }
  if (n > b->end - b->from)
    n = b->end - b->from;
  for (uint32_t i = 0; i < n; i++)
    store_relaxed(&p->runq[(at + i) % VINE_RUNQ], b->g[b->from + i]);
  cut_batch_locked(from, b, n, &p->cache);
  return n;
}

// Takes up to n off the global queue and puts all but the first, which it
// returns, into p's. Owner only.
static struct g *move_locked(struct p *p, uint32_t n) {
  struct g *first = pop_locked(&vine__sched.runq, &p->cache);
  if (!first || first->held)
    return first;
  uint32_t t = load_relaxed(&p->tail), taken = 0, more;
  uint32_t room = VINE_RUNQ - (t - load_acquire(&p->head));
  if (room > n - 1)
    room = n - 1;
  while ((more = move_item_locked(p, t + taken, room - taken)) != 0)
    taken += more;
  if (taken)
    count_locked(taken);
  store_release(&p->tail, t + taken); // pairs with runq_grab's load
  return first;
}

// The first, unless it was preempted.
static struct g *pop_woken_locked(struct p *p) {
  struct g *item = vine__sched.runq.head;
  return item && !(first_of(item)->flags & G_FLAG_TRAPPED)
             ? pop_locked(&vine__sched.runq, &p->cache)
             : NULL;
}

__attribute__((noinline)) struct g *vine__globrunq_get_woken_slow(struct p *p) {
  vine__lock_acquire(&vine__sched.lock);
  struct g *g = vine__globrunq_get_back_locked();
  if (!g)
    g = pop_woken_locked(p);
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
