// SPDX-License-Identifier: MIT
// Learned first stack sizes, per entry function.
//
// How it works. A direct-mapped table from entry function to a size and a
// small counter. A goroutine that outgrows the learned size, or less, votes for
// more (+1): as a rule once, however deep it goes. One that ends votes for less
// (-1) if its stack is smaller than the learned size, and takes back a vote, of
// either kind, if it has just that size. Four votes more for larger make the
// size one step larger, four more for smaller one step smaller. So the size
// that half of the goroutines don't outgrow is where it settles, and a rare
// deep one changes nothing. (Go keeps one average for the whole program.)
//
// Growing counts when it happens, not at the end: a server's goroutines may not
// end for hours. A goroutine that ends with more than was learned says nothing:
// it may have been given more than it asked for (PROC1).

#include "mem/stacksize.h"

#define VOTES 4
#define STEP_MAX 13 // learned sizes go up to 32 KiB

_Atomic uint64_t vine__learned[1 << VINE_LEARN_SLOTS_SHIFT];

static int toward_zero(int votes) { return votes - (votes > 0) + (votes < 0); }

// What the table has for key, or what it has for an unknown one.
static uint64_t word_of(uint64_t key) {
  uint64_t w = load_relaxed(vine__learn_slot(key));
  return w >> 16 == key ? w : vine__learn_pack(key, 0, 0);
}

static void store(uint64_t key, int votes, unsigned step) {
  _Atomic uint64_t *slot = vine__learn_slot(key);
  if (votes >= VOTES || votes <= -VOTES) {
    step = votes > 0 ? step + 1 : step - 1;
    votes = 0;
  }
  uint64_t w = vine__learn_pack(key, votes, step);
  if (load_relaxed(slot) != w)
    store_relaxed(slot, w);
}

void vine__learn_growth(const void *entry, size_t bytes) {
  uint64_t key = vine__learn_key(entry), w = word_of(key);
  unsigned step = w & 0xff;
  int votes = (int)(w >> 8 & 0xff) - 128;
  if (key && step < STEP_MAX && bytes <= vine__stack_step_bytes(step))
    store(key, votes + 1, step);
}

void vine__learn_vote(uint64_t key, size_t bytes) {
  uint64_t w = word_of(key);
  unsigned step = w & 0xff;
  int votes = (int)(w >> 8 & 0xff) - 128;
  size_t learned = vine__stack_step_bytes(step);
  if (bytes < learned)
    votes--;
  else if (bytes == learned)
    votes = toward_zero(votes);
  store(key, votes, step);
}
