// SPDX-License-Identifier: MIT
// Learned first stack sizes, per entry function. stacksize.c tells how; what
// every start and end of a goroutine does is inline.
#ifndef VINE_STACKSIZE_H
#define VINE_STACKSIZE_H

#include "base/atomic.h"
#include "mem/stackstep.h"

#include <stddef.h>
#include <stdint.h>

// A direct-mapped table. One word per entry function: 48 bits of its address,
// 8 bits of votes (biased by 128), 8 bits of the size's step (stackstep.h).
// Read and written whole; lost updates between threads are harmless.
#define VINE_LEARN_SLOTS_SHIFT 10
extern _Atomic uint64_t vine__learned[1 << VINE_LEARN_SLOTS_SHIFT];

static inline uint64_t vine__learn_key(const void *entry) {
  return (uintptr_t)entry & 0xffffffffffffull;
}

static inline _Atomic uint64_t *vine__learn_slot(uint64_t key) {
  uint64_t hash = key * 0x9e3779b97f4a7c15ull; // Fibonacci hashing
  return &vine__learned[hash >> (64 - VINE_LEARN_SLOTS_SHIFT)];
}

static inline uint64_t vine__learn_pack(uint64_t key, int votes,
                                        unsigned step) {
  return key << 16 | (uint64_t)(votes + 128) << 8 | step;
}

// Bytes of a first stack for a goroutine that runs entry.
static inline size_t vine__learned_bytes(const void *entry) {
  uint64_t key = vine__learn_key(entry);
  uint64_t w = load_relaxed(vine__learn_slot(key));
  return w >> 16 == key && key ? vine__stack_step_bytes(w & 0xff)
                               : VINE_STACK_MIN;
}

// A goroutine of this entry function has outgrown this many bytes.
void vine__learn_growth(const void *entry, size_t bytes);

void vine__learn_vote(uint64_t key, size_t bytes);

// A goroutine of this entry function ended with this many bytes of stack.
static inline void vine__learn(const void *entry, size_t bytes) {
  uint64_t key = vine__learn_key(entry);
  uint64_t w = load_relaxed(vine__learn_slot(key));
  unsigned step = w & 0xff;
  // As nearly always: the learned size, or more, and nobody disagreed of late.
  if (w != vine__learn_pack(key, 0, step) ||
      bytes < vine__stack_step_bytes(step))
    vine__learn_vote(key, bytes);
}

#endif
