// SPDX-License-Identifier: MIT
// Who waits: a goroutine, which parks, or a plain thread, which sleeps in a
// futex. One word names either, so that channels and locks treat them alike.
//
// The record that says what it waits for is the caller's: on a thread's stack
// it may simply lie in the frame; a goroutine's must not (the implementation
// of a blocking call never returns to its frame, see park.h), so it comes from
// the P's cache, and who wakes the goroutine frees it.
#ifndef VINE_WAITER_H
#define VINE_WAITER_H

#include "sched/park.h"

// A thread asleep. On its stack.
struct vine__sleeper {
  _Atomic uint32_t woken;
  uint64_t ret;
};

// A struct g, or a struct vine__sleeper with the low bit set.
typedef uintptr_t vine__who;

static inline vine__who vine__who_goroutine(struct g *g) {
  return (vine__who)g;
}

static inline vine__who vine__who_thread(struct vine__sleeper *s) {
  return (vine__who)s | 1;
}

static inline bool vine__who_is_thread(vine__who w) { return w & 1; }

// For sanitizer.h: what w did before it waited, where a waker is to follow it.
static inline const void *vine__who_waits(vine__who w) {
  if (vine__who_is_thread(w))
    return &((struct vine__sleeper *)(w & ~(vine__who)1))->ret;
  return &((struct g *)w)->waiting;
}

// Lets w go on; its blocking call returns ret. Once, by the one that took its
// record off what it waits in. The record of a thread is gone afterwards.
void vine__who_wake(vine__who w, uint64_t ret);

// Sleeps, as a plain thread, until vine__who_wake. Returns ret.
uint64_t vine__sleep(struct vine__sleeper *s);

// The same until deadline_ns; false when that passed first. The caller then
// decides, under the lock that wakers take, whether it was woken after all.
bool vine__sleep_until(struct vine__sleeper *s, int64_t deadline_ns);

// Blocks for ever.
_Noreturn void vine__block_forever(enum vine__wait_reason why);

// The cache of this thread's P; null where there is none to use.
static inline struct vine__cache *vine__own_cache(void) {
  struct p *p = vine__own_p();
  return p ? &p->cache : NULL;
}

// Memory for a waiter's record; none is fatal.
void *vine__waiter_alloc(size_t bytes);
static inline void vine__waiter_free(void *p, size_t bytes) {
  vine__free(vine__own_cache(), p, bytes);
}

#endif
