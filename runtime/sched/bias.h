// SPDX-License-Identifier: MIT
// Biased locking: the locks of channels cost no atomic instructions while one
// thread at a time can want them.
//
// How it works. With one P, whoever has it is alone among goroutines: in the
// runtime it can't be taken away, and what it does under a lock is over before
// the next one has it. All that is left are threads that have no M. So the
// locks are biased towards the P (Dice and others, "Quickly reacquirable
// locks", 2003): its thread takes them by plain stores, and counts in m->owned
// how many it has, until the first other thread wants one. That one revokes the
// bias for good:
//
//   the P's thread                  the other one, in vine__bias_revoke
//   1) m->owned + 1                 1) bias = REVOKING
//   2) reads bias: ON, so the       2) membarrier: 1) of the P's thread is seen
//      lock is its own                 here, or 1) here is seen by its 2)
//   3) the critical section         3) waits until each m->owned is 0
//   4) m->owned - 1                 4) bias = REVOKED: from here on locks are
//                                      locks
//
// Who comes second waits until it says REVOKED. Meanwhile the P's thread takes
// locks as locks: nobody else does before that.
//
// Invariants.
// (BIAS1) A thread without an M takes these locks only after it read REVOKED.
// (BIAS2) m->owned is more than 0 only on the thread that has the only P, while
//      that can't be taken: in the runtime, or in a leaf on a growable stack
//      (m->call_sp isn't 0).
//
// Checked: tests/model/bias.pml.
//
// What it saves: two atomic instructions of some 20 cycles for each lock, half
// of a rendezvous.
#ifndef VINE_BIAS_H
#define VINE_BIAS_H

#include "base/assert.h"
#include "base/atomic.h"
#include "g.h"
#include "mem/lock.h"
#include "sched/sched.h"

// BIAS_UNDECIDED: the runtime hasn't started.
enum vine__bias { BIAS_UNDECIDED, BIAS_ON, BIAS_REVOKING, BIAS_REVOKED };

// At the start of the runtime, if there is one P. Else vine__bias_revoke.
void vine__bias_start(void);

// Before there are more Ps, or what has no M takes a lock. May wait for a
// moment. Any thread, under no biased lock.
void vine__bias_revoke(void);

void vine__bias_fork_child(void);

// Whether a lock is this thread's, who has M m and its P, without more ado;
// then vine__bias_leave follows.
static inline bool vine__bias_enter(struct m *m) {
  if (load_relaxed(&vine__sched.bias) == BIAS_REVOKED)
    return false;
  VINE_DCHECK(vine__m_p(m) && vine__m_call_sp(m) != 0, "bias: without a P");
  uint32_t owned = load_relaxed(&m->owned);
  store_relaxed(&m->owned, owned + 1);
  fence_compiler(); // pairs with the membarrier in vine__bias_revoke
  if (owned != 0 || load_relaxed(&vine__sched.bias) == BIAS_ON)
    return true;
  store_relaxed(&m->owned, 0);
  return false;
}

// Whether the lock that m's thread is about to release is such a one: all that
// it holds are, or none.
static inline bool vine__bias_holds(struct m *m) {
  return load_relaxed(&m->owned) != 0;
}

// Pairs with vine__bias_revoke.
static inline void vine__bias_leave(struct m *m) {
  store_release(&m->owned, load_relaxed(&m->owned) - 1);
}

void vine__biased_acquire(struct vine__lock *l);
void vine__biased_release(struct vine__lock *l);

// For vine__park.
bool vine__park_unlock_biased(struct g *g, void *lock);

#endif
