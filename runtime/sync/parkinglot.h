// SPDX-License-Identifier: MIT
// The parking lot: goroutines and threads that wait for a lock, a group or the
// like wait here, and are found by that object's address. So a lock is a word
// or two, without memory of its own for waiters, and its last user may free it
// at once. After WebKit's ParkingLot and Go's semaRoot.
//
//   b = vine__parking_lock(addr)     nobody joins or leaves addr's queue now
//   vine__parking_wait(b, ...)       joins it and blocks; unlocks b
//   w = vine__parking_first(b, addr)
//   vine__parking_take(b, w)         w is the caller's
//   vine__parking_unlock(b)
//   vine__parking_wake(w, ret)       w's blocking call returns ret
#ifndef VINE_PARKINGLOT_H
#define VINE_PARKINGLOT_H

#include "sched/timer.h"
#include "sync/waitq.h"

struct vine__bucket;

// One waiter. Fields belong to whoever holds the bucket's lock while it is
// linked, afterwards to whoever took it.
struct vine__parked {
  struct vine__waitq_entry link; // first
  const void *addr;
  uint64_t word; // its kind's own: see mutex, sem
  bool is_timed; // it is a struct vine__parked_timed
};
_Static_assert(offsetof(struct vine__parked, link) == 0,
               "an entry's address is its record's");
_Static_assert(sizeof(struct vine__parked) <= 48, "a size class");

// Ends a wait from outside, for contexts. It names what will be waited for,
// and while that happens the waiter's record. Guarded by addr's bucket.
struct vine_interrupt {
  const void *addr;
  struct vine__parked *parked; // null: not waiting now
  bool is_over; // waits for addr that it is passed to end at once
};

// The `until` of a wait: 0 none, odd a deadline, even an interrupt's address.
static inline bool vine__until_is_deadline(int64_t until) { return until & 1; }
static inline struct vine_interrupt *vine__until_interrupt(int64_t until) {
  return until & 1 ? NULL : (struct vine_interrupt *)(intptr_t)until;
}

// What follows when a waiter for addr has left b early, by its deadline or an
// interrupt: takes those that may go on now. b is locked; nobody is woken.
typedef void vine__parking_left(struct vine__bucket *b, void *addr,
                                struct vine__waitq_chain *taken);

// What to wait for, and how. Zeros are the common case.
struct vine__parking_wait {
  const void *addr;
  uint64_t word;
  enum vine__wait_reason why;
  bool front; // ahead of all others: waited before
  // A deadline: when it passes the call returns -ETIMEDOUT. An interrupt:
  // -ECANCELED.
  int64_t until;
  vine__parking_left *on_timeout; // may be null
  // Called when the waiter is in the queue and b is unlocked. May be null.
  void (*then)(void *arg);
  void *then_arg;
};

struct vine__bucket *vine__parking_lock(const void *addr);

// In a forked child: nobody waits, and nobody is at it.
void vine__parking_fork_child(void);
void vine__parking_unlock(struct vine__bucket *b);

// b is addr's, locked. On a goroutine it only returns when it needn't wait:
// the entry stub returns what vine__parking_wake passes.
int64_t vine__parking_wait(struct vine__bucket *b,
                           const struct vine__parking_wait *o);

// The first waiter for addr, or for the same as w behind it; null: none.
struct vine__parked *vine__parking_first(struct vine__bucket *b,
                                         const void *addr);
struct vine__parked *vine__parking_next(struct vine__parked *w);
void vine__parking_take(struct vine__bucket *b, struct vine__parked *w);

// Takes w onto a chain of those to wake. The next waiter for the same.
struct vine__parked *vine__parking_take_to(struct vine__bucket *b,
                                           struct vine__parked *w,
                                           struct vine__waitq_chain *taken);
// The same for all that wait for addr.
void vine__parking_take_all(struct vine__bucket *b, const void *addr,
                            struct vine__waitq_chain *taken);

// Ends the wait that i is used in now, or the next one.
void vine__parking_interrupt(struct vine_interrupt *i);

// w was taken; no lock is held.
void vine__parking_wake(struct vine__parked *w, int64_t ret);
// The same for a chain: their calls return 0.
void vine__parking_wake_all(struct vine__waitq_chain *taken);

// Counting semaphores for the runtime's own use: *count is guarded by the
// bucket. Release hands over directly to the first waiter.
int64_t vine__sema_acquire(uint32_t *count, enum vine__wait_reason why);
void vine__sema_release(uint32_t *count, uint32_t n);

#endif
