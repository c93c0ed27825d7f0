// SPDX-License-Identifier: MIT
// The runtime's mutex: eight bytes, no allocation, spins briefly and then
// sleeps in a futex. For short critical sections on system stacks; what may
// wait long parks the goroutine instead.
//
// Not recursive. A goroutine must not park while its thread holds one (the
// unlock would come from another thread; the rank check would miss it).
#ifndef VINE_LOCK_H
#define VINE_LOCK_H

#include "base/config.h"
#include "mem/lockrank.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct vine__lock {
  _Atomic uint32_t state; // enum vine__lock_state
  uint32_t rank;          // enum vine__lock_rank, where ranks are checked
};

// CONTENDED: held, and someone may sleep: whoever frees it must wake.
enum vine__lock_state { VINE_LOCK_FREE, VINE_LOCK_HELD, VINE_LOCK_CONTENDED };

// All zero unless ranks are checked: tables of locks then take nothing in a
// program's file.
#define VINE_LOCK_INIT(name) {0, VINE_CHECK_LEVEL >= 1 ? VINE_RANK_##name : 0}

void vine__lock_init(struct vine__lock *l, enum vine__lock_rank rank);
void vine__lock_acquire(struct vine__lock *l);
bool vine__lock_try_acquire(struct vine__lock *l);
void vine__lock_release(struct vine__lock *l);

// For the record of held locks: the caller took l without lock.c.
void vine__lock_adopt(struct vine__lock *l);

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
