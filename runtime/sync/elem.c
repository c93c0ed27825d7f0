// SPDX-License-Identifier: MIT
// Types of elements: what is converted, and what is fatal.
//
// A type is a size in bytes and a class (VINE__TYPE of vine/chan.h): integers,
// reals, pointers, and plain for whatever else fits a word. A number is
// converted if its value can be kept; a real is rounded to the precision of the
// channel's, as in an assignment, since most are literals of type double. All
// others must have the very type. Integers of one size are one type: the sign
// is no part of it, nor is it of the word that is sent, so that a value fits
// which fits either way.
//
// Runs on: system stack or a plain thread. Never parks.

#include "sync/elem.h"
#include "base/fatal.h"

_Static_assert(VINE_ELEM_PLAIN == 0 && VINE_ELEM_INT == 1 &&
                   VINE_ELEM_REAL == 2 && VINE_ELEM_POINTER == 3,
               "names of classes are by number");
_Static_assert((VINE__TYPE(8, 1) & 0xffff) == 0x108,
               "a type is a class above a size, below the mark");

#define CLASSES 4
#define BITS_SHIFT 56

static uint32_t class_of(uint32_t type) { return (type >> 8) & 0xff; }

static size_t bytes_of(uint32_t type) { return type & 0xff; }

static const char *class_name(uint32_t type) {
  static const char *const names[CLASSES] = {"plain", "integer", "real",
                                             "pointer"};
  return names[class_of(type) % CLASSES];
}

void vine__chan_check_bytes(const struct vine_chan *c, size_t n) {
  uint32_t bits = (uint32_t)(n >> BITS_SHIFT); // class + 1, or 0
  n &= ((size_t)1 << BITS_SHIFT) - 1;
  if (n != c->elem_bytes)
    vine__fatal("chan: element of %zu bytes, the channel's have %zu", n,
                c->elem_bytes);
  if (bits && c->is_word && VINE__TYPE(n, bits - 1) != c->type)
    vine__chan_fatal_type(c, VINE__TYPE(n, bits - 1));
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
  vine__fatal("chan: a value of %u bytes (%s) where the channel's have %zu "
              "(%s)",
              (unsigned)bytes_of(type), class_name(type), c->elem_bytes,
              class_name(c->type));
}

static _Noreturn void fatal_loss(const struct vine_chan *c, uint32_t type) {
  vine__fatal("chan: a value that the channel's type can't hold (%s to %s of "
              "%zu bytes)",
              class_name(type), class_name(c->type), c->elem_bytes);
}

// --- conversions: false if the value would be another one ---

// `word` was extended to 64 bits by its own sign.
static bool fits_int(uint64_t word, size_t bytes) {
  if (bytes >= 8)
    return true;
  uint64_t above = word >> (8 * bytes - 1); // with the sign bit
  return above <= 1 || above == UINT64_MAX >> (8 * bytes - 1);
}

static bool real_to_int(double d, size_t bytes, uint64_t *word) {
  if (!(d >= -0x1p63 && d < 0x1p64)) // nor if it isn't a number
    return false;
  *word = d < 0 ? (uint64_t)(int64_t)d : (uint64_t)d;
  double back = d < 0 ? (double)(int64_t)*word : (double)*word;
  return back == d && fits_int(*word, bytes);
}

static bool int_to_real(uint64_t word, size_t bytes, uint64_t *out) {
  *out = real_bits((double)(int64_t)word, bytes);
  double back = real_of(*out, bytes);
  return back < 0x1p63 && (int64_t)back == (int64_t)word;
}

static bool real_to_real(double d, size_t bytes, uint64_t *out) {
  *out = real_bits(d, bytes);
  bool was_finite = d - d == 0, is_finite;
  double back = real_of(*out, bytes);
  is_finite = back - back == 0;
  return was_finite == is_finite;
}

static bool convert(uint64_t word, uint32_t from, uint32_t to, uint64_t *out) {
  size_t bytes = bytes_of(to);
  bool to_real = class_of(to) == VINE_ELEM_REAL;
  if (class_of(from) == VINE_ELEM_REAL) {
    double d = real_of(word, bytes_of(from));
    return to_real ? real_to_real(d, bytes, out) : real_to_int(d, bytes, out);
  }
  if (to_real)
    return int_to_real(word, bytes, out);
  *out = word;
  return fits_int(word, bytes);
}

static bool is_number(uint32_t type) {
  return class_of(type) == VINE_ELEM_INT || class_of(type) == VINE_ELEM_REAL;
}

// The integer 0 is a null pointer, in C: NULL may be one.
static bool is_null(uint64_t word, uint32_t from, uint32_t to) {
  return word == 0 && class_of(from) == VINE_ELEM_INT &&
         class_of(to) == VINE_ELEM_POINTER;
}

uint64_t vine__chan_convert(const struct vine_chan *c, uint64_t word,
                            uint32_t type) {
  uint64_t out;
  if (c->is_word && is_null(word, type, c->type))
    return word;
  if (!c->is_word || !is_number(type) || !is_number(c->type))
    vine__chan_fatal_type(c, type);
  if (!convert(word, type, c->type, &out))
    fatal_loss(c, type);
  return out;
}
