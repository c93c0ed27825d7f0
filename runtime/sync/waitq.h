// SPDX-License-Identifier: MIT
// Queues of waiters: a channel's senders and receivers, and what waits in a
// bucket of the parking lot. Nothing here allocates or locks.
//
// An entry is the first member of the record that says what its waiter waits
// for. While an entry is in a queue it belongs to whoever holds the lock of
// that queue, afterwards to whoever took it out.
//
// Invariants:
// (WAITQ1) An entry is in one queue at most. Outside of queues `prev` is the
//      entry itself, so that a loser of a race finds out, under the lock, that
//      somebody else has taken the entry.
// (WAITQ2) `first` is null if and only if the queue is empty. It may be read
//      without the lock, as a hint.
//
// Not base/list.h: an empty queue is all zero here, which static buckets and
// cleared channels are, and a hint is one comparison with null.
#ifndef VINE_WAITQ_H
#define VINE_WAITQ_H

#include "base/atomic.h"
#include "sched/waiter.h"

struct vine__waitq_entry {
  struct vine__waitq_entry *next, *prev;
  vine__waiter waiter;
};

struct vine__waitq {
  struct vine__waitq_entry *_Atomic first; // written under the lock
  struct vine__waitq_entry *last;          // unspecified when first is null
};

static inline void vine__waitq_entry_init(struct vine__waitq_entry *e,
                                          vine__waiter w) {
  e->next = NULL;
  e->prev = e;
  e->waiter = w;
}

// With the lock of the queue that e may be in.
static inline bool
vine__waitq_entry_is_linked(const struct vine__waitq_entry *e) {
  return e->prev != e;
}

// With the lock, or as a hint.
static inline struct vine__waitq_entry *
vine__waitq_first(const struct vine__waitq *q) {
  return load_relaxed(&((struct vine__waitq *)(uintptr_t)q)->first);
}

static inline bool vine__waitq_is_empty(const struct vine__waitq *q) {
  return !vine__waitq_first(q);
}

// Walks the queue.
static inline bool vine__waitq_is_valid(const struct vine__waitq *q) {
  const struct vine__waitq_entry *prev = NULL, *e = vine__waitq_first(q);
  for (; e; prev = e, e = e->next)
    if (e->prev != prev || !e->waiter)
      return false;
  return !prev || q->last == prev;
}

static inline void vine__waitq_push_back(struct vine__waitq *q,
                                         struct vine__waitq_entry *e) {
  VINE_DCHECK(!vine__waitq_entry_is_linked(e), "WAITQ1: pushed while linked");
  VINE_DCHECK(e->waiter, "waitq: an entry without a waiter");
  e->next = NULL;
  if (vine__waitq_is_empty(q)) {
    e->prev = NULL;
    store_relaxed(&q->first, e);
  } else {
    VINE_DCHECK(!q->last->next, "waitq: something is behind the last one");
    e->prev = q->last;
    q->last->next = e;
  }
  q->last = e;
}

static inline void vine__waitq_push_front(struct vine__waitq *q,
                                          struct vine__waitq_entry *e) {
  VINE_DCHECK(!vine__waitq_entry_is_linked(e), "WAITQ1: pushed while linked");
  VINE_DCHECK(e->waiter, "waitq: an entry without a waiter");
  struct vine__waitq_entry *first = vine__waitq_first(q);
  e->prev = NULL;
  e->next = first;
  if (first)
    first->prev = e;
  else
    q->last = e;
  store_relaxed(&q->first, e);
}

static inline void vine__waitq_remove(struct vine__waitq *q,
                                      struct vine__waitq_entry *e) {
  VINE_DCHECK(vine__waitq_entry_is_linked(e), "WAITQ1: removed twice");
  VINE_DCHECK(e->prev ? e->prev->next == e : vine__waitq_first(q) == e,
              "waitq: neighbours disagree");
  VINE_DCHECK(e->next ? e->next->prev == e : q->last == e,
              "waitq: neighbours disagree");
  if (e->prev)
    e->prev->next = e->next;
  else
    store_relaxed(&q->first, e->next);
  if (e->next)
    e->next->prev = e->prev;
  else
    q->last = e->prev;
  e->prev = e;
}

// Entries that were taken out under a lock, to be woken in this order when no
// lock is held. They are linked by `next` alone.
struct vine__waitq_chain {
  struct vine__waitq_entry *first, **end;
};

static inline void vine__waitq_chain_init(struct vine__waitq_chain *c) {
  c->first = NULL;
  c->end = &c->first;
}

static inline void vine__waitq_chain_add(struct vine__waitq_chain *c,
                                         struct vine__waitq_entry *e) {
  VINE_DCHECK(!vine__waitq_entry_is_linked(e), "WAITQ1: chained while linked");
  e->next = NULL;
  *c->end = e;
  c->end = &e->next;
}

// The first entry, which then belongs to the caller alone; null: no more.
static inline struct vine__waitq_entry *
vine__waitq_chain_pop(struct vine__waitq_chain *c) {
  struct vine__waitq_entry *e = c->first;
  if (e)
    c->first = e->next;
  return e;
}

#endif
