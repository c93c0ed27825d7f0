// SPDX-License-Identifier: MIT
// Types of elements: what is converted, and what is fatal.
//
// A type is a size in bytes and a class (VINE__TYPE of vine/chan.h): integers,
// reals, and plain for whatever else fits a word. Numbers are converted as C
// converts them in an assignment; a plain word must have the very type.
//
// Runs on: system stack or a plain thread. Never parks.

#include "sync/elem.h"
#include "base/fatal.h"

_Static_assert(VINE_ELEM_PLAIN == 0 && VINE_ELEM_INT == 1 &&
                   VINE_ELEM_REAL == 2,
               "names of classes are by number");
_Static_assert(VINE__TYPE(8, 0) >> 8 == 0 && (VINE__TYPE(8, 0) & 0xff) == 8,
               "a type is a class above a size");

static uint32_t class_of(uint32_t type) { return type >> 8; }

static size_t bytes_of(uint32_t type) { return type & 0xff; }

void vine__chan_check_bytes(const struct vine_chan *c, size_t n) {
  if (n != c->elem_bytes)
    vine__fatal("chan: element of %zu bytes, the channel's have %zu", n,
                c->elem_bytes);
}

static uint64_t real_bits(double d, size_t n) {
  float f = (float)d;
  uint64_t w = 0;
  memcpy(&w, n == 4 ? (void *)&f : (void *)&d, n);
  return w;
}

static double real_of(uint64_t w, size_t n) {
  float f;
  double d;
  memcpy(&f, &w, 4);
  memcpy(&d, &w, 8);
  return n == 4 ? (double)f : d;
}

_Noreturn void vine__chan_fatal_type(const struct vine_chan *c, uint32_t type) {
  static const char *const names[] = {
      [VINE_ELEM_PLAIN] = "plain",
      [VINE_ELEM_INT] = "integer",
      [VINE_ELEM_REAL] = "real",
  };
  vine__fatal("chan: a value of %u bytes (%s) where the channel's have %zu "
              "(%s)",
              (unsigned)bytes_of(type), names[class_of(type) % 3],
              c->elem_bytes, names[class_of(c->type) % 3]);
}

uint64_t vine__chan_convert(const struct vine_chan *c, uint64_t word,
                            uint32_t type) {
  uint32_t from = class_of(type), to = class_of(c->type);
  bool from_real = from == VINE_ELEM_REAL, to_real = to == VINE_ELEM_REAL;
  if (from == VINE_ELEM_INT && to == VINE_ELEM_INT)
    return word;
  if (!(from == VINE_ELEM_INT || from_real) ||
      !(to == VINE_ELEM_INT || to_real))
    vine__chan_fatal_type(c, type);
  double d = from_real ? real_of(word, bytes_of(type)) : (double)(int64_t)word;
  return to_real ? real_bits(d, c->elem_bytes) : (uint64_t)(int64_t)d;
}
