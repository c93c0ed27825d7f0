// SPDX-License-Identifier: MIT
// Stacks: limits, and what became of them.
#ifndef VINE_STACK_H_
#define VINE_STACK_H_

#include <vine/base.h>

VINE_BEGIN_DECLS

// Limit of growable stacks in bytes, for goroutines without one of their own;
// from 4096 to 2^40. Returns the former one, or -EINVAL. Default 1 GB (2^30).
// A goroutine that passes it ends the program: "stack overflow", status 2.
int64_t vine_set_max_stack(int64_t bytes);

// Parked goroutines shrink their stack after shrink_ms milliseconds, and
// hibernate (keep only a copy of their frames) after hibernate_ms. Negative
// leaves a value as it is. Defaults 200 and 10,000.
void vine_stack_set_idle(int64_t shrink_ms, int64_t hibernate_ms);

// Totals since the start.
struct vine_stack_stats {
  uint64_t grows; // checks that made a stack larger
  uint64_t moves; // copies to another stack
  uint64_t bytes_copied;
  uint64_t shrinks;
  uint64_t hibernations;
  uint64_t wakes;       // from hibernation
  uint64_t segments;    // linked for pinned frames
  uint64_t goroutines;  // alive
  uint64_t stack_bytes; // of goroutines alive, their stacks (by walking)
  uint64_t hibernated;  // goroutines alive and hibernated
  uint64_t hibernated_bytes;
};
void vine_stack_stats(struct vine_stack_stats *out);

// The calling goroutine's stack: bounds, limit, and how much is in use.
// Zeros on a plain thread. -1 in `limit_bytes` for a fixed stack.
struct vine_stack_info {
  uint64_t size_bytes;
  uint64_t used_bytes;
  int64_t limit_bytes;
  const void *lo, *hi;
};
void vine_stack_info(struct vine_stack_info *out);

// Shrinks parked goroutines' stacks now, in one round.
void vine_stack_shrink(void);

VINE_END_DECLS

#endif
