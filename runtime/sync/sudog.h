// SPDX-License-Identifier: MIT
// A waiter in one channel's queue; Go's sudog. A plain send or receive has one,
// a select one for each case with a channel. Inline because they come and go
// with each call that blocks.
#ifndef VINE_SUDOG_H
#define VINE_SUDOG_H

#include "base/list.h"
#include "sync/chan.h"
#include "sync/select.h"
#include "sync/waitq.h"

// While it is linked it belongs to whoever holds the channel's lock, afterwards
// to whoever unlinked it; that of a select to whoever won the select (CHAN3).
struct vine__sudog {
  struct vine__waitq_entry link; // first
  struct vine__select *sel;      // null: waits for this channel alone
  struct vine_chan *c;
  void *elem;     // receiver: where to, or null; sender: a large element
  uint64_t word;  // sender: a small element
  uint32_t index; // of the case in sel
};
_Static_assert(offsetof(struct vine__sudog, link) == 0,
               "an entry's address is its sudog's");
_Static_assert(sizeof(struct vine__sudog) <= 64, "one cache line");

static inline struct vine__sudog *vine__sudog_of(struct vine__waitq_entry *e) {
  return (struct vine__sudog *)e; // null stays null
}

// The first one of q, whose lock is held.
static inline struct vine__sudog *
vine__sudog_first(const struct vine__waitq *q) {
  return vine__sudog_of(vine__waitq_first(q));
}

static inline bool vine__sudog_is_valid(const struct vine__sudog *s) {
  return s->c && s->link.waiter && (s->sel || s->index == 0) &&
         (vine__waiter_is_thread(s->link.waiter) || s->sel ||
          vine__waiter_goroutine(s->link.waiter)->waiting == s);
}

// For the goroutine that runs on m. None is fatal.
static inline struct vine__sudog *vine__sudog_alloc(struct m *m) {
  struct vine__sudog *s = vine__alloc_hot(&m->p->cache, sizeof *s);
  if (!s)
    vine__fatal("out of memory: waiting, %zu bytes", sizeof *s);
  return s;
}

static inline void vine__sudog_free(struct vine__sudog *s) {
  struct vine__cache *c = vine__own_cache();
  if (c)
    vine__free_hot(c, s, sizeof *s);
  else
    vine__free(NULL, s, sizeof *s);
}

// Of a plain operation.
static inline void vine__sudog_init(struct vine__sudog *s, struct vine_chan *c,
                                    const struct vine__op *op, vine__waiter w) {
  *s = (struct vine__sudog){.c = c, .elem = op->ptr, .word = op->word};
  vine__waitq_entry_init(&s->link, w);
  vine__san_release(vine__waiter_sync_key(w));
}

// Lets the owner of s go on; ret is what its call returns, unless it is a
// select. s was unlinked, by the caller, which holds no lock.
static inline void vine__sudog_wake(struct vine__sudog *s, bool ok,
                                    uint64_t ret) {
  VINE_DCHECK(vine__sudog_is_valid(s), "CHAN3: woken twice, or not a sudog");
  if (s->sel) {
    vine__select_finish(s, ok);
    return;
  }
  VINE_DCHECK(!vine__waitq_entry_is_linked(&s->link), "CHAN3: still linked");
  vine__waiter w = s->link.waiter;
  if (!vine__waiter_is_thread(w)) {
    vine__waiter_leave(w, s);
    vine__sudog_free(s);
  }
  vine__waiter_wake(w, ret);
}

#endif
