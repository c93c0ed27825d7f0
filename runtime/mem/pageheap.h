// SPDX-License-Identifier: MIT
// The page heap: runs of 16 KiB units, cut from 64 MiB arenas.
//
//   arena (64 MiB aligned)
//   +--------+------+------------+-----------+---------------------------+
//   | header | span | span       | free run  | ...                       |
//   +--------+------+------------+-----------+---------------------------+
//     header: head[unit]  first unit of the span that the unit belongs to
//             span[unit]  the record of the span or run that starts there
//
// An arena becomes accessible from its front, as far as it is used.
//
// From any address of a span to its record: mask to the arena, shift to the
// unit, look up head. The header is touched as far as the arena is used:
// 50 bytes per 16 KiB, 0.3 %.
//
// A free run is dirty (some of it may be resident) or clean (costs address
// space only). The dirty ones are bounded, see VINE_HEAP_DIRTY_BYTES.
#ifndef VINE_PAGEHEAP_H
#define VINE_PAGEHEAP_H

#include "base/config.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

#define VINE_ARENA_UNITS (1u << (VINE_ARENA_SHIFT - VINE_UNIT_SHIFT))

enum vine__span_state {
  VINE_SPAN_NONE,  // not the first unit of anything
  VINE_SPAN_META,  // the arena's header
  VINE_SPAN_FREE,  // a run in a bin
  VINE_SPAN_BUSY,  // a run whose pages are on their way to the kernel
  VINE_SPAN_INUSE, // belongs to a size class or is one large object
};

// Class of a span that is one large object.
#define VINE_SPAN_LARGE 0xff

struct vine__span {
  struct vine__list link; // FREE: bin; INUSE: the class's partial list
  void *free;             // freed objects, linked through their last word
  uint32_t units;         // length
  uint32_t fresh;         // objects [fresh, count) were never given out
  uint32_t count;         // objects that fit
  uint32_t out;           // objects given out (to callers or caches)
  uint16_t dirty_units;   // FREE: at most so many are resident
  uint8_t state;          // enum vine__span_state
  uint8_t cls;            // INUSE: size class or VINE_SPAN_LARGE
};

_Static_assert(sizeof(struct vine__span) == 48, "48 bytes per span");

struct vine__arena {
  struct vine__span span[VINE_ARENA_UNITS];
  uint16_t head[VINE_ARENA_UNITS];
  uint32_t committed; // units [0, committed) are accessible (HEAP5)
};

#define VINE_ARENA_HEADER_UNITS                                                \
  ((uint32_t)((sizeof(struct vine__arena) + VINE_UNIT_BYTES - 1) /             \
              VINE_UNIT_BYTES))

static inline struct vine__arena *vine__arena_of(const void *p) {
  return (struct vine__arena *)((uintptr_t)p & ~(VINE_ARENA_BYTES - 1));
}

// The span that holds the object at p, which came from this heap.
static inline struct vine__span *vine__span_of(const void *p) {
  struct vine__arena *a = vine__arena_of(p);
  size_t unit = ((uintptr_t)p & (VINE_ARENA_BYTES - 1)) >> VINE_UNIT_SHIFT;
  return &a->span[a->head[unit]];
}

// Its first byte. Records lie inside the arena they describe.
static inline char *vine__span_base(const struct vine__span *s) {
  struct vine__arena *a = vine__arena_of(s);
  return (char *)a + ((size_t)(s - a->span) << VINE_UNIT_SHIFT);
}

// A span of `units` for class `cls`, in state INUSE, its object fields zero;
// the memory's contents are unspecified. Null when there is no address space.
struct vine__span *vine__heap_alloc(uint32_t units, uint8_t cls);

// Takes it back. May give memory to the kernel; no lock of rank HEAP or above
// may be held.
void vine__heap_free(struct vine__span *s);

// Gives free pages to the kernel until at most keep_bytes of them may be
// resident. Returns the number of bytes given back.
size_t vine__heap_scavenge(size_t keep_bytes);

// Bytes of free pages, perhaps resident, that nobody needed since the last
// call.
size_t vine__heap_idle_bytes(void);

// Gives so many bytes of free pages to the kernel, or a run more; returns how
// many.
size_t vine__heap_give_back(size_t bytes);

struct vine__heap_stats {
  size_t arena_bytes; // address space mapped
  size_t in_use_bytes;
  size_t dirty_bytes; // free, and perhaps resident
};
void vine__heap_read_stats(struct vine__heap_stats *out);

// Whether the bins and the arenas' tags agree; walks all free runs.
bool vine__heap_is_valid(void);

// Around fork: hold the heap still, and let go in parent or child.
void vine__heap_fork_prepare(void);
void vine__heap_fork_parent(void);
void vine__heap_fork_child(void);

#endif
