// SPDX-License-Identifier: MIT
// A waiter is a goroutine, which parks, or a plain thread, which sleeps in a
// futex. A waiter reference is one word that names either, so that channels
// and locks treat them alike.
//
// The record that says what it waits for is the caller's: a thread's may simply
// lie in its frame; a goroutine's must not (the implementation of a blocking
// call never returns to its frame, see park.h), so it comes from the P's cache,
// and whoever wakes the goroutine frees it.
#ifndef VINE_WAITER_H
#define VINE_WAITER_H

#include "base/assert.h"
#include "sched/park.h"

// A thread asleep. On its stack.
struct vine__sleeper {
  _Atomic uint32_t woken;
  uint64_t ret;
};

// A waiter reference: a struct g, or a struct vine__sleeper with the low bit
// set. 0 is none.
typedef uintptr_t vine__waiter;

#define VINE_WAITER_THREAD ((vine__waiter)1)
_Static_assert(_Alignof(struct vine__sleeper) > VINE_WAITER_THREAD,
               "the low bit of an address is free");
_Static_assert(_Alignof(struct g) > VINE_WAITER_THREAD, "the same");

static inline vine__waiter vine__waiter_of_goroutine(struct g *g) {
  return (vine__waiter)g;
}

static inline vine__waiter vine__waiter_of_thread(struct vine__sleeper *s) {
  return (vine__waiter)s | VINE_WAITER_THREAD;
}

static inline bool vine__waiter_is_thread(vine__waiter w) {
  return w & VINE_WAITER_THREAD;
}

static inline struct g *vine__waiter_goroutine(vine__waiter w) {
  VINE_DCHECK(w && !vine__waiter_is_thread(w), "waiter: not a goroutine");
  return (struct g *)w;
}

static inline struct vine__sleeper *vine__waiter_sleeper(vine__waiter w) {
  VINE_DCHECK(vine__waiter_is_thread(w), "waiter: not a thread");
  return (struct vine__sleeper *)(w & ~VINE_WAITER_THREAD);
}

// For sanitizer.h: what w did before it waited, where a waker is to follow it.
static inline const void *vine__waiter_sync_key(vine__waiter w) {
  if (vine__waiter_is_thread(w))
    return &vine__waiter_sleeper(w)->ret;
  return &vine__waiter_goroutine(w)->waiting;
}

// Goroutine w doesn't wait in `record` any more, which may then be freed.
static inline void vine__waiter_leave(vine__waiter w, const void *record) {
  struct g *g = vine__waiter_goroutine(w);
  VINE_DCHECK(g->waiting == record, "waiter: waits in another record");
  g->waiting = NULL;
}

// Lets w go on; its blocking call returns ret. Called once, by whoever took
// w's record off what it waits in. The record of a thread is gone afterwards.
void vine__waiter_wake(vine__waiter w, uint64_t ret);

// Sleeps, as a plain thread, until vine__waiter_wake. Returns ret.
uint64_t vine__sleep(struct vine__sleeper *s);

// The same until deadline_ns; false when that passed first. The caller then
// decides, under the lock that wakers take, whether it was woken after all.
bool vine__sleep_until(struct vine__sleeper *s, int64_t deadline_ns);

// Blocks for ever.
_Noreturn void vine__block_forever(enum vine__wait_reason why);

// Memory for the record of a wait; none is fatal.
void *vine__wait_record_alloc(size_t bytes);
static inline void vine__wait_record_free(void *p, size_t bytes) {
  vine__free(vine__own_cache(), p, bytes);
}

#endif
