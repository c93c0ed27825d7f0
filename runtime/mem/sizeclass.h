// SPDX-License-Identifier: MIT
// Size classes: pure arithmetic, no state.
//
//   class   0 .. 127  16, 32, ... 2048       steps of 16
//   class 128 .. 155  2560, 3072, 3584, 4096, ... 256 KiB
//                     four steps per doubling
//
// At most 20 % of an object above 2 KiB is rounding, at most 15 bytes below:
// a server has a side stack of 1 KiB and a little for each of its connections.
// All stack sizes (512, 768, 1 KiB, 2 KiB ...) are classes of their own, and
// every class that is a multiple of 64 yields 64-aligned objects, because
// spans start at unit boundaries.
#ifndef VINE_SIZECLASS_H
#define VINE_SIZECLASS_H

#include "base/config.h"

#include <stddef.h>
#include <stdint.h>

#define VINE_CLASS_SMALL_MAX 2048 // bytes; above it four steps per doubling
#define VINE_CLASS_SMALL_COUNT 128
#define VINE_CLASS_COUNT 156

// The class for an object of 1 to VINE_CLASS_BYTES_MAX bytes.
static inline unsigned vine__class_of(size_t bytes) {
  if (bytes <= VINE_CLASS_SMALL_MAX)
    return (unsigned)((bytes + 15) / 16 - (bytes != 0));
  // 2^top < bytes <= 2^(top+1); the two bits below the top one say the step.
  unsigned top = 63 - (unsigned)__builtin_clzll(bytes - 1);
  unsigned step = (unsigned)((bytes - 1) >> (top - 2)) & 3;
  return VINE_CLASS_SMALL_COUNT + (top - 11) * 4 + step;
}

// Bytes of an object of a class.
static inline size_t vine__class_bytes(unsigned cls) {
  if (cls < VINE_CLASS_SMALL_COUNT)
    return (cls + 1) * (size_t)16;
  unsigned n = cls - VINE_CLASS_SMALL_COUNT;
  return (size_t)(5 + n % 4) << (9 + n / 4);
}

// What an object of `bytes` really gets.
static inline size_t vine__class_round(size_t bytes) {
  return vine__class_bytes(vine__class_of(bytes));
}

// Freed objects are linked through their last word, not their first: stacks
// grow down, so the last page of an object is the one that is resident.
static inline void **vine__object_link(void *object, size_t size) {
  return (void **)((char *)object + size - sizeof(void *));
}

// Units of a span: at least 8 objects up to 64 KiB, and then as many more as
// it takes for the tail that no object fits into to be under 1/128. The
// largest span is 16 units.
static inline uint32_t vine__class_span_units(unsigned cls) {
  size_t size = vine__class_bytes(cls);
  size_t want = 8 * size < 64 * VINE_KIB ? 8 * size : 64 * VINE_KIB;
  size_t bytes = want > size ? want : size;
  uint32_t units = (uint32_t)((bytes + VINE_UNIT_BYTES - 1) / VINE_UNIT_BYTES);
  while ((units * VINE_UNIT_BYTES) % size * 128 > units * VINE_UNIT_BYTES)
    units++;
  return units;
}

// Objects that a per-P cache takes or gives at once; 0: not cached.
static inline uint32_t vine__class_batch(unsigned cls) {
  size_t size = vine__class_bytes(cls);
  if (size > VINE_CACHE_OBJECT_MAX)
    return 0;
  size_t n = VINE_CACHE_BATCH_BYTES / size;
  if (n > VINE_CACHE_BATCH_MAX)
    n = VINE_CACHE_BATCH_MAX;
  return n > 0 ? (uint32_t)n : 1;
}

#endif
