// SPDX-License-Identifier: MIT
// Waiting for a group of goroutines to finish: Go's sync.WaitGroup.
#ifndef VINE_GROUP_H
#define VINE_GROUP_H

#include <vine/base.h>

VINE_BEGIN_DECLS

// All zero is ready to use. Not to be copied while in use. May be freed as
// soon as vine_group_wait has returned.
typedef struct vine_group {
  int64_t state; // count * 2, + 1: somebody waits
} vine_group;
#define VINE_GROUP_INIT {0}

void vine_group_settle(vine_group *wg, int64_t n);
int vine_group_block(vine_group *wg, int64_t until); // see vine/sync.h

// The highest count.
#define VINE_GROUP_MAX (INT64_MAX / 2)

// Adds n, which may be negative. At zero all waiters go on. Below zero is
// fatal: "sync: negative WaitGroup counter"; so is more than VINE_GROUP_MAX:
// "sync: WaitGroup counter out of range". Doesn't block.
static inline __attribute__((unused)) void vine_group_add(vine_group *wg,
                                                          int64_t n) {
  int64_t old = __atomic_load_n(&wg->state, __ATOMIC_RELAXED), now;
  do {
    // Misuse, or there is somebody to wake.
    if (n > VINE_GROUP_MAX || n < -VINE_GROUP_MAX ||
        __builtin_add_overflow(old, 2 * n, &now) || now < 0 || now == 1) {
      vine_group_settle(wg, n);
      return;
    }
  } while (!__atomic_compare_exchange_n(&wg->state, &old, now, 0,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

// vine_group_add(wg, -1)
static inline __attribute__((unused)) void vine_group_done(vine_group *wg) {
  vine_group_add(wg, -1);
}

// Blocks until the count is zero. Goroutines park, plain threads sleep.
static inline __attribute__((unused)) void vine_group_wait(vine_group *wg) {
  if (__atomic_load_n(&wg->state, __ATOMIC_ACQUIRE) >= 2)
    vine_group_block(wg, 0);
}

// The same until deadline_ns (of CLOCK_MONOTONIC): 0, or -ETIMEDOUT.
static inline __attribute__((unused)) int
vine_group_wait_until(vine_group *wg, int64_t deadline_ns) {
  if (__atomic_load_n(&wg->state, __ATOMIC_ACQUIRE) < 2)
    return 0;
  return vine_group_block(wg, deadline_ns | 1);
}

// The same for ns at most.
static inline __attribute__((unused)) int vine_group_wait_for(vine_group *wg,
                                                              int64_t ns) {
  return vine_group_wait_until(wg, vine_deadline(ns));
}

VINE_END_DECLS

#endif
