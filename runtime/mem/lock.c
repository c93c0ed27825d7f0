// SPDX-License-Identifier: MIT
// How it works. The third mutex of Drepper, "Futexes Are Tricky": state 2
// means that a sleeper may exist, and whoever slept once takes the lock with
// 2, because it can't know whether it was the only one.
//
// Invariants.
// (LOCK1) state is 0, 1 or 2; only a release makes it 0.
// (LOCK2) While a thread sleeps on a lock its state is 2, so the release wakes.
// (LOCK3) A thread holds locks in ascending (rank, address) order.
//
// Locking and rank: this file is what checks them. The record of held locks
// is a per-thread array, debug builds only.
// Runs on system stacks and on plain threads; never parks, grows, allocates.
//
// Rejected: queue locks (MCS): fairer, but a holder that is preempted by the
// kernel stalls all behind it; pthread_mutex (40 bytes, and it saves nothing).
#include "mem/lock.h"

#include "arch/arch.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "os/os.h"

enum {
  FREE = VINE_LOCK_FREE,
  HELD = VINE_LOCK_HELD,
  CONTENDED = VINE_LOCK_CONTENDED
};

#if VINE_CHECK_LEVEL >= 1

// Locks held at once by one thread that are checked: fork handlers hold all
// of the allocator. A select over more channels holds some unchecked.
#define HELD_MAX 160

static _Thread_local struct {
  const struct vine__lock *lock[HELD_MAX];
  int count;
  int unchecked;
} held;

static bool may_follow(const struct vine__lock *outer,
                       const struct vine__lock *inner) {
  if (inner->rank == VINE_RANK_NONE || outer->rank == VINE_RANK_NONE)
    return inner != outer;
  return inner->rank > outer->rank ||
         (inner->rank == outer->rank && inner > outer);
}

static void rank_check(const struct vine__lock *l) {
  VINE_ASSERT(l->rank < VINE_RANK_COUNT, "lock: not initialised");
  for (int i = 0; i < held.count; i++)
    VINE_ASSERT(may_follow(held.lock[i], l),
                "lock: taken out of order (LOCK3)");
}

static void rank_push(const struct vine__lock *l) {
  if (held.count == HELD_MAX)
    held.unchecked++;
  else
    held.lock[held.count++] = l;
}

// Mostly the last one, but releases may come in any order.
static void rank_pop(const struct vine__lock *l) {
  int i = held.count - 1;
  while (i >= 0 && held.lock[i] != l)
    i--;
  if (i < 0 && held.unchecked > 0) {
    held.unchecked--;
    return;
  }
  VINE_ASSERT(i >= 0, "lock: released by a thread that doesn't hold it");
  for (held.count--; i < held.count; i++)
    held.lock[i] = held.lock[i + 1];
}

void vine__lock_check_none_held(void) {
  VINE_ASSERT(held.count + held.unchecked == 0, "lock: held where none may be");
}

#else

static void rank_check(const struct vine__lock *l) { (void)l; }
static void rank_push(const struct vine__lock *l) { (void)l; }
static void rank_pop(const struct vine__lock *l) { (void)l; }

#endif

void vine__lock_init(struct vine__lock *l, enum vine__lock_rank rank) {
  store_relaxed(&l->state, FREE);
  l->rank = rank;
}

// Acquire pairs with the release in vine__lock_release.
static bool try_take(struct vine__lock *l) {
  uint32_t expected = FREE;
  return load_relaxed(&l->state) == FREE &&
         cas_acquire(&l->state, &expected, HELD);
}

static bool spin(struct vine__lock *l) {
  for (int i = 0; i < VINE_LOCK_SPIN; i++) {
    if (try_take(l))
      return true;
    vine__cpu_relax();
  }
  return false;
}

static __attribute__((noinline)) void acquire_slow(struct vine__lock *l) {
  if (spin(l))
    return;
  // (LOCK2) The exchange both takes a free lock and announces a sleeper.
  while (exchange_acquire(&l->state, CONTENDED) != FREE)
    vine__os_futex_wait(&l->state, CONTENDED, -1);
}

void vine__lock_acquire(struct vine__lock *l) {
  rank_check(l);
  if (!try_take(l))
    acquire_slow(l);
  rank_push(l);
}

// Needs no rank check: it never waits.
bool vine__lock_try_acquire(struct vine__lock *l) {
  if (!try_take(l))
    return false;
  rank_push(l);
  return true;
}

void vine__lock_release(struct vine__lock *l) {
  rank_pop(l);
  uint32_t was = exchange_release(&l->state, FREE);
  VINE_ASSERT(was == HELD || was == CONTENDED,
              "lock: released while free (LOCK1)");
  if (was == CONTENDED)
    vine__os_futex_wake(&l->state, 1);
}

void vine__lock_adopt(struct vine__lock *l) {
  VINE_DCHECK(vine__lock_is_held(l), "lock: adopted while free");
  rank_check(l);
  rank_push(l);
}

bool vine__lock_is_held(const struct vine__lock *l) {
  return load_relaxed(&((struct vine__lock *)l)->state) != FREE;
}

// The sleepers stayed in the parent: nobody to wake.
void vine__lock_reset_child(struct vine__lock *l) {
  rank_pop(l);
  VINE_ASSERT(vine__lock_is_held(l), "lock: reset of a free lock (LOCK1)");
  store_relaxed(&l->state, FREE);
}
