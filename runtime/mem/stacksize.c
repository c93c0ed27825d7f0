// SPDX-License-Identifier: MIT
// Learned first stack sizes, per entry function.
//
// How it works. A direct-mapped table from entry function to a size and a
// small counter. A goroutine that ends votes: its stack was larger than the
// learned size (+1), or smaller (-1). Four votes more for larger double the
// size, four more for smaller halve it. So the size that half of the
// goroutines end with is where it settles, and a rare deep one changes
// nothing. (Go keeps one average for the whole program.)

#include "mem/stacksize.h"

#define VOTES 4
#define SHIFT_MAX 6 // learned sizes go up to 512 << 6 = 32 KiB

_Atomic uint64_t vine__learned[1 << VINE_LEARN_SLOTS_SHIFT];

void vine__learn_vote(uint64_t key, size_t bytes) {
  _Atomic uint64_t *slot = vine__learn_slot(key);
  uint64_t w = load_relaxed(slot);
  if (w >> 16 != key)
    w = vine__learn_pack(key, 0, 0);
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
  uint64_t now = vine__learn_pack(key, votes, shift);
  if (now != w || load_relaxed(slot) != now)
    store_relaxed(slot, now);
}
