// SPDX-License-Identifier: MIT
// The runtime's mutex: eight bytes, no allocation, spins briefly and then
// sleeps in a futex. For short critical sections on system stacks; what may
// wait long parks the goroutine instead.
//
// Not recursive. A goroutine must not park while its thread holds one (the
// unlock would come from another thread; the rank check would miss it).
#ifndef VINE_LOCK_H
#define VINE_LOCK_H

#include "base/atomic.h"
#include "base/config.h"
#include "mem/lockrank.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct vine__lock {
  // LOCKED, SPINNING, RESERVED, REVOKING; the address of the newest sleeper's
  // record, of 48 bits; where ranks are checked, enum vine__lock_rank in the
  // highest 16.
  _Atomic uint64_t word;
};

#define VINE_LOCK_LOCKED 1u
#define VINE_LOCK_SPINNING 2u // somebody who doesn't sleep is about to take it
#define VINE_LOCK_RESERVED 4u // for a thread (reserve.h)
#define VINE_LOCK_REVOKING 8u // about to end that
#define VINE_LOCK_SLEEPERS 0xfffffffffff0ull
#define VINE_LOCK_RANK_SHIFT 48

// All zero unless ranks are checked: tables of locks then take nothing in a
// program's file.
#define VINE_LOCK_FREE(name)                                                   \
  (VINE_CHECK_LEVEL >= 1 ? (uint64_t)VINE_RANK_##name << VINE_LOCK_RANK_SHIFT  \
                         : 0)
#define VINE_LOCK_INIT(name) {VINE_LOCK_FREE(name)}

void vine__lock_init(struct vine__lock *l, enum vine__lock_rank rank);
void vine__lock_acquire(struct vine__lock *l);
bool vine__lock_try_acquire(struct vine__lock *l);
void vine__lock_release(struct vine__lock *l);

// For the record of held locks: the caller took l without lock.c.
void vine__lock_adopt(struct vine__lock *l);
// The same of a section of a reserved lock (reserve.h), and of its end.
#if VINE_CHECK_LEVEL >= 1
void vine__lock_enter(struct vine__lock *l);
void vine__lock_leave(struct vine__lock *l);
#else
static inline void vine__lock_enter(struct vine__lock *l) { (void)l; }
static inline void vine__lock_leave(struct vine__lock *l) { (void)l; }
#endif

// The same as acquire and release where no other thread can want l meanwhile:
// by plain stores (sched/bias.h).
#if VINE_CHECK_LEVEL >= 1
void vine__lock_take_alone(struct vine__lock *l);
void vine__lock_drop_alone(struct vine__lock *l);
#else
static inline void vine__lock_take_alone(struct vine__lock *l) {
  store_relaxed(&l->word, VINE_LOCK_LOCKED);
}
static inline void vine__lock_drop_alone(struct vine__lock *l) {
  store_relaxed(&l->word, 0);
}
#endif

// Whether someone holds it. Only good for asserting that the caller does.
bool vine__lock_is_held(const struct vine__lock *l);

// Throws unless this thread holds no lock. Nothing in release builds.
#if VINE_CHECK_LEVEL >= 1
void vine__lock_check_none_held(void);
#else
static inline void vine__lock_check_none_held(void) {}
#endif

// In the child of a fork: frees a lock that the forking thread took before.
void vine__lock_reset_child(struct vine__lock *l);

#endif
