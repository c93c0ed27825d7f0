// SPDX-License-Identifier: MIT
// Sizes of stacks from the allocator: pure arithmetic, no state.
//
//   step   0      448        the smallest
//   step   1, 2   512, 768
//   step   3, 4   1024, 1536
//          ...    ...        to VINE_STACK_CLASS_MAX: powers of two, and the
//                            sizes halfway between two of them
//
// A stack that grows becomes 1.5 times as large at least. From a power of two
// that is one step, and then two steps, twice the size, each time: the copies
// of a stack that grows again and again are less than its last size in all.
// Learned first sizes (stacksize.c) go up by single steps, so that what a
// function's goroutines have is at most half as much again as they need.
#ifndef VINE_STACKSTEP_H
#define VINE_STACKSTEP_H

#include "base/config.h"

#include <stddef.h>

// Bytes of a step.
static inline size_t vine__stack_step_bytes(unsigned step) {
  if (step == 0)
    return VINE_STACK_MIN;
  step--;
  return (size_t)(2 + step % 2) << (8 + step / 2);
}

// The smallest step of at least `bytes`, in bytes.
static inline size_t vine__stack_round(size_t bytes) {
  if (bytes <= VINE_STACK_MIN)
    return VINE_STACK_MIN;
  if (bytes <= 512)
    return 512;
  size_t power = (size_t)1 << (63 - __builtin_clzll(bytes - 1)); // < bytes
  return bytes <= power + power / 2 ? power + power / 2 : 2 * power;
}

// What a stack of `bytes` grows to where `need` is enough: of a size that is
// no step, twice as much and so on.
static inline size_t vine__stack_step_up(size_t bytes, size_t need) {
  size_t least = bytes + bytes / 2;
  if (least < need)
    least = need;
  if (least <= VINE_STACK_CLASS_MAX)
    return vine__stack_round(least);
  do
    bytes *= 2;
  while (bytes < need);
  return bytes;
}

_Static_assert(VINE_STACK_MIN < 512, "its own step");

#endif
