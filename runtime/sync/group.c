// SPDX-License-Identifier: MIT
// include/vine/group.h: the parts that block or wake. A counter and a bit in
// one word; waiters are in the parking lot (parkinglot.c).
//
// Invariants:
// (GROUP1) The bit is set, under the bucket's lock, before a waiter is queued,
//      and only while the count isn't zero.
// (GROUP2) While the bit is set the step to zero is made under the bucket's
//      lock. So it wakes exactly the waiters for this zero, even if the group
//      is in use again by then.
//
// Runs on: system stack or a plain thread.

#include "api/entry.h"
#include "base/fatal.h"
#include "sync/parkinglot.h"

#include <vine/group.h>

_Static_assert(sizeof(vine_group) == 8, "one word, changed at once");

// Whether n can be added at all. The count may have changed since the caller
// looked, which found this out.
static bool may_add(const vine_group *wg, int64_t n) {
  int64_t now, old = __atomic_load_n(&wg->state, __ATOMIC_RELAXED);
  return n <= VINE_GROUP_MAX && !__builtin_add_overflow(old, 2 * n, &now);
}

void vine__group_settle_sys(vine_group *wg, int64_t n) {
  if (n < -VINE_GROUP_MAX)
    vine__fatal("sync: negative WaitGroup counter");
  if (!may_add(wg, n))
    vine__fatal("sync: WaitGroup counter out of range");
  vine__san_sync(wg); // as the inline calls do
  struct vine__bucket *b = vine__parking_lock(wg);
  struct vine__waitq_chain taken;
  vine__waitq_chain_init(&taken);
  int64_t now = __atomic_add_fetch(&wg->state, 2 * n, __ATOMIC_ACQ_REL);
  if (now < 0) {
    vine__parking_unlock(b);
    vine__fatal("sync: negative WaitGroup counter");
  }
  VINE_DCHECK((now & 1) || !vine__parking_first(b, wg),
              "GROUP1: a waiter, and no bit");
  if (now == 1) {
    __atomic_fetch_and(&wg->state, ~1ll, __ATOMIC_RELAXED);
    vine__parking_take_all(b, wg, &taken);
  }
  vine__parking_unlock(b);
  vine__parking_wake_all(&taken);
}

static void group_timed_out(struct vine__bucket *b, void *wg,
                            struct vine__waitq_chain *taken) {
  (void)taken;
  VINE_DCHECK(__atomic_load_n((int64_t *)wg, __ATOMIC_RELAXED) & 1,
              "GROUP1: waited without the bit");
  if (!vine__parking_first(b, wg))
    __atomic_fetch_and(&((vine_group *)wg)->state, ~1ll, __ATOMIC_RELAXED);
}

int vine__group_block_sys(vine_group *wg, int64_t until) {
  struct vine__bucket *b = vine__parking_lock(wg);
  int64_t v = __atomic_load_n(&wg->state, __ATOMIC_ACQUIRE);
  do {
    if (v < 2) {
      vine__parking_unlock(b);
      vine__san_acquire(wg);
      return 0;
    }
  } while (!__atomic_compare_exchange_n(&wg->state, &v, v | 1, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  struct vine__parking_wait o = {
      .addr = wg,
      .why = VINE_WAIT_GROUP,
      .until = until,
      .on_timeout = group_timed_out,
  };
  return (int)vine__parking_wait(b, &o);
}
