// SPDX-License-Identifier: MIT
// The central free lists: one per size class, each with its own lock, shared
// by all caches. They hand objects out in batches and take them back.
#ifndef VINE_CENTRAL_H
#define VINE_CENTRAL_H

#include "mem/sizeclass.h"

#include <stdbool.h>
#include <stddef.h>

// Objects on their way from or to a cache: a chain of freed ones, or a range
// of fresh ones that nobody touched yet, never both.
struct vine__batch {
  void *chain; // linked by vine__object_link, ends with null
  char *lo;    // fresh range [lo, hi), or both null
  char *hi;
  uint32_t count; // objects; 0 when out of memory
};

// At most `want` objects of class `cls`.
struct vine__batch vine__central_take(unsigned cls, uint32_t want);

// Takes back all objects of the batch.
void vine__central_give(unsigned cls, const struct vine__batch *batch);

struct vine__central_stats {
  size_t mapped_bytes; // spans of the class
  size_t out_bytes;    // objects at callers and in caches
};
void vine__central_read_stats(unsigned cls, struct vine__central_stats *out);

// Whether the partial list of the class is what it says (CENTRAL1 to CENTRAL3).
bool vine__central_is_valid(unsigned cls);

// Around fork, as in pageheap.h.
void vine__central_fork_prepare(void);
void vine__central_fork_parent(void);
void vine__central_fork_child(void);

#endif
