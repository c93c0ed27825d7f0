// SPDX-License-Identifier: MIT
// Waiting for a group of goroutines to finish: Go's sync.WaitGroup.
#ifndef VINE_GROUP_H
#define VINE_GROUP_H

#include <vine/base.h>

VINE_BEGIN_DECLS

// All zero is ready to use. Not to be copied while in use.
typedef struct vine_group {
  void *lock;
  int64_t count;
  void *waiters;
} vine_group;
#define VINE_GROUP_INIT {0, 0, 0}

// Adds n, which may be negative. At zero all waiters go on. Below zero is
// fatal: "sync: negative WaitGroup counter". Doesn't block.
void vine_group_add(vine_group *wg, int64_t n);
// vine_group_add(wg, -1)
void vine_group_done(vine_group *wg);
// Blocks until the count is zero. Goroutines park, plain threads sleep.
void vine_group_wait(vine_group *wg);

VINE_END_DECLS

#endif
