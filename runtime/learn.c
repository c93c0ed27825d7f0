// SPDX-License-Identifier: MIT
// Learned first stack sizes, per entry function.
//
// How it works. A direct-mapped table from entry function to a size and a
// small counter. A goroutine that ends votes: its stack was larger than the
// learned size (+1), or smaller (-1). Four votes more for larger double the
// size, four more for smaller halve it. So the size that half of the
// goroutines end with is where it settles, and a rare deep one changes
// nothing. (Go keeps one average for the whole program.)
//
// One word per entry, read and written whole: function address bits, size
// class and counter. Lost updates between threads are harmless.

#include "stack.h"

#define SLOTS 1024
#define VOTES 4
#define SHIFT_MAX 6 // learned sizes go up to 512 << 6 = 32 KiB

static _Atomic uint64_t table[SLOTS];

// 48 bits of key, 8 bits of votes (biased by 128), 8 bits of log2(size/512).
static uint64_t pack(uint64_t key, int votes, unsigned shift) {
  return key << 16 | (uint64_t)(votes + 128) << 8 | shift;
}

static _Atomic uint64_t *slot_of(uint64_t key) {
  return &table[(key * 0x9e3779b97f4a7c15ull) >> 54];
}

size_t vine__learned_bytes(const void *entry) {
  uint64_t key = (uintptr_t)entry & 0xffffffffffffull;
  uint64_t w = load_relaxed(slot_of(key));
  return w >> 16 == key && key ? VINE_STACK_MIN << (w & 0xff) : VINE_STACK_MIN;
}

void vine__learn(const void *entry, size_t bytes) {
  uint64_t key = (uintptr_t)entry & 0xffffffffffffull;
  _Atomic uint64_t *slot = slot_of(key);
  uint64_t w = load_relaxed(slot);
  if (w >> 16 != key)
    w = pack(key, 0, 0);
  unsigned shift = w & 0xff;
  int votes = (int)(w >> 8 & 0xff) - 128;
  size_t learned = (size_t)VINE_STACK_MIN << shift;
  if (bytes > learned && shift < SHIFT_MAX)
    votes++;
  else if (bytes < learned)
    votes--;
  else if (votes != 0)
    votes += votes < 0 ? 1 : -1;
  if (votes >= VOTES || votes <= -VOTES) {
    shift = votes > 0 ? shift + 1 : shift - 1;
    votes = 0;
  }
  uint64_t now = pack(key, votes, shift);
  if (now != w || load_relaxed(slot) != now)
    store_relaxed(slot, now);
}
