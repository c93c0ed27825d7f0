// SPDX-License-Identifier: MIT
// Elements of channels. Those of at most 8 bytes are words, which travel in
// registers and whose types are compared; larger ones stay in memory.
#ifndef VINE_ELEM_H
#define VINE_ELEM_H

#include "sync/chan.h"

#include <string.h>

// Small elements between memory and a register. n is at most 8.
static inline uint64_t vine__word_load(const void *p, size_t n) {
  uint64_t w = 0;
  VINE_DCHECK(n <= sizeof w, "chan: larger than a word");
  if (n == 8)
    memcpy(&w, p, 8);
  else if (n == 4)
    memcpy(&w, p, 4);
  else
    memcpy(&w, p, n);
  return w;
}

static inline void vine__word_store(void *p, uint64_t word, size_t n) {
  VINE_DCHECK(n <= sizeof word, "chan: larger than a word");
  if (n == 8)
    memcpy(p, &word, 8);
  else if (n == 4)
    memcpy(p, &word, 4);
  else
    memcpy(p, &word, n);
}

// Fatal unless n is the size of c's elements, and their class, if it has one.
void vine__chan_check_bytes(const struct vine_chan *c, size_t n);

// A word of another type than c's elements have: converts numbers that stay
// what they are; everything else is fatal.
uint64_t vine__chan_convert(const struct vine_chan *c, uint64_t word,
                            uint32_t type);

// A value of this type was expected, or given, where c's have another.
_Noreturn void vine__chan_fatal_type(const struct vine_chan *c, uint32_t type);

#endif
