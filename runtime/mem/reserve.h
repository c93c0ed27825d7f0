// SPDX-License-Identifier: MIT
// Reserved locks: one that a thread has taken many times in a row costs that
// thread no atomic instructions, until another thread wants it.
//
// How it works. A thread that releases such a lock leaves it LOCKED, and
// RESERVED for itself: nobody takes it in passing. To be in a section of the
// lock is then to have an odd number in the thread's own counter. Who wants the
// lock finds it taken, spins as for any other (lock.c), and revokes the
// reservation when the owner makes no use of it, or has had it for long. That
// is one thread at a time, the one that has SPINNING:
//
//   owner, in vine__reserve_enter     revoker, in vine__lock_revoke
//   1) section + 1: odd               1) word |= REVOKING
//   2) reads the word: RESERVED and   2) membarrier: 1) of the owner is seen
//      not REVOKING, so it is in         here, or 1) here is seen by its 2)
//   3) the critical section           3) waits while section is that odd number
//   4) section + 1: even              4) word: LOCKED by the revoker
//
// Bias (sched/bias.h) is the same for all locks at once, while there is one P.
// Here each lock goes to and fro, at the price of a system call.
//
// Who is in a section waits for nobody who may be about to revoke: for no other
// lock of the same rank.
//
// Invariants.
// (RESERVE1) RESERVED implies LOCKED. The word loses RESERVED by 4) of the
//      revoker, or by the owner, outside of sections or in one, while it isn't
//      REVOKING.
// (RESERVE2) Nobody sleeps for a RESERVED lock unless another has SPINNING: the
//      owner's sections wake nobody. So the one that has it revokes where it
//      would go to sleep.
//
// A reservation is to pay for its end. One that saved too little makes the next
// one of the same lock come after twice as many uses in a row, and the first
// one of a new lock too.
//
// Checked: tests/model/reserve.pml.
//
// Rejected: to give up the lock by a plain store and read the word after it,
// for sleepers: the memory may be gone by then. A reservation beside which all
// others revoke at once: each costs microseconds, of every thread that runs.
#ifndef VINE_RESERVE_H
#define VINE_RESERVE_H

#include "base/assert.h"
#include "mem/lock.h"

// Of a thread: odd in a section of any lock that is reserved for it. Only it
// writes it. The memory stays readable for ever.
typedef _Atomic uint32_t vine__section;

struct vine__reserved_lock {
  struct vine__lock lock; // first
  // Of the thread that has used it `streak` times, or that it is reserved for.
  // Written under the lock.
  vine__section *_Atomic section;
  uint32_t since;  // lock: *section when the streak began
  uint16_t streak; // lock
  uint8_t need;    // lock: 2^need such times before it is reserved
};

// Fast paths call nothing (chan.c).
#define VINE_RESERVE_INLINE static inline __attribute__((always_inline))

// Beside vine__lock_init.
void vine__reserve_init(struct vine__reserved_lock *r);

VINE_RESERVE_INLINE void vine__reserve_leave(vine__section *mine) {
  uint32_t s = load_relaxed(mine);
  VINE_DCHECK(s & 1, "reserve: left twice");
  store_release(mine, s + 1); // pairs with vine__lock_revoke
}

// Whether the lock is reserved for the thread of `mine`, which then is in a
// section of it.
VINE_RESERVE_INLINE bool vine__reserve_enter(struct vine__reserved_lock *r,
                                             vine__section *mine) {
  uint32_t s = load_relaxed(mine);
  if (load_relaxed(&r->section) != mine || s & 1) // a signal handler, in one
    return false;
  store_relaxed(mine, s + 1);
  fence_compiler(); // pairs with the membarrier in vine__lock_revoke
  // The section after the word: another's is written before its RESERVED.
  uint64_t v = load_acquire(&r->lock.word);
  if ((v & VINE_LOCK_RESERVED) && !(v & VINE_LOCK_REVOKING) &&
      load_relaxed(&r->section) == mine)
    return true;
  vine__reserve_leave(mine);
  return false;
}

// A use of the lock by the thread of `mine`, which holds it without a
// reservation: whether it is time for one.
VINE_RESERVE_INLINE bool vine__reserve_count(struct vine__reserved_lock *r,
                                             vine__section *mine) {
  if (load_relaxed(&r->section) == mine)
    return ++r->streak >> r->need;
  store_relaxed(&r->section, mine);
  r->streak = 0;
  r->since = load_relaxed(mine);
  return false;
}

// The thread of `mine` holds the lock, whose word is v: leaves it reserved.
// False: it still holds it. Release pairs with vine__lock_revoke.
VINE_RESERVE_INLINE bool
vine__reserve_try_release(struct vine__reserved_lock *r, vine__section *mine,
                          uint64_t v) {
  if (v & VINE_LOCK_SLEEPERS && !(v & VINE_LOCK_SPINNING)) // RESERVE2
    return false;
  VINE_DCHECK(load_relaxed(&r->section) == mine, "reserve: for another");
  return cas_release(&r->lock.word, &v, v | VINE_LOCK_RESERVED);
}

// The lock, whose word is v, becomes one that the thread of `mine` holds, if it
// was reserved for it. In a section or not.
VINE_RESERVE_INLINE bool vine__reserve_try_take(struct vine__reserved_lock *r,
                                                vine__section *mine,
                                                uint64_t v) {
  while (v & VINE_LOCK_RESERVED && !(v & VINE_LOCK_REVOKING) &&
         load_relaxed(&r->section) == mine)
    if (cas_acquire(&r->lock.word, &v, v & ~(uint64_t)VINE_LOCK_RESERVED))
      return true;
  return false;
}

// For lock.c: ends the reservation of a lock whose word is *v, on a thread that
// has SPINNING, and takes it. False: it was changed meanwhile; *v is the word.
bool vine__lock_revoke(struct vine__lock *l, uint64_t *v);
// What lock.c tells from one look to the next whether the lock is in use.
uint32_t vine__reserve_look(const struct vine__lock *l);

#endif
