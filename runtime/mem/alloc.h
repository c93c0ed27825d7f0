// SPDX-License-Identifier: MIT
// Memory for everything the runtime owns: struct g, stacks, side stacks,
// hibernation blocks. No header per object: the caller remembers the size.
//
//   vine__alloc --> cache (per P, no lock) --> central (lock per class)
//                                         --> page heap (one lock) --> kernel
//
// Up to 1 KiB sizes round up to 16 bytes, above to at most a quarter more
// (sizeclass.h). Above 256 KiB an object is a run of 16 KiB units, above
// 16 MiB a mapping of its own. Alignment: 16 bytes; 64 when the rounded size
// is a multiple of 64.
//
// Runs on system stacks; never parks. May be called in the child of a fork,
// with the forking thread's own cache or none.
#ifndef VINE_ALLOC_H
#define VINE_ALLOC_H

#include "base/debugflags.h"
#include "base/list.h"
#include "mem/sizeclass.h"

#include <stdatomic.h>
#include <stdint.h>

// Classes that caches hold; larger objects come from central.
#define VINE_CACHED_CLASSES 144

// Free objects of one class. Freed ones are chained and used first, since
// they are warm; [bump, end) are fresh ones that nobody touched yet.
struct vine__cache_slot {
  void *chain;
  char *bump;
  char *end;
  _Atomic uint32_t count; // both together; written by the owner only
  uint32_t limit;         // give some back above this; 0 until first use
};

// One user at a time: a P, or a thread of its own. Zeroed is empty and ready
// to use; vine__cache_init makes the statistics see it.
struct vine__cache {
  struct vine__cache_slot slot[VINE_CACHED_CLASSES];
  struct vine__list all;
};

// Once, before threads start: fork handlers. Allocating before it is fine.
void vine__alloc_init(void);
// Those handlers, for children that are made past them (libc/clone.c).
void vine__alloc_fork_prepare(void);
void vine__alloc_fork_parent(void);
void vine__alloc_fork_child(void);

// `bytes` of unspecified contents, or null when the kernel gives no memory.
// c is null for callers without a cache.
void *vine__alloc(struct vine__cache *c, size_t bytes);

// `bytes` as given to vine__alloc, or any size that rounds to the same. The
// cache need not be the one it came from. Null is ignored.
void vine__free(struct vine__cache *c, void *p, size_t bytes);

// The same, inline, for small objects of a constant size that come and go all
// the time: records of waiters, channels.
static inline void *vine__alloc_hot(struct vine__cache *c, size_t bytes) {
  unsigned cls = vine__class_of(bytes);
  struct vine__cache_slot *s = &c->slot[cls];
  if (!s->chain || vine__debug.poison | vine__debug.nocache)
    return vine__alloc(c, bytes);
  void *p = s->chain;
  s->chain = *vine__object_link(p, vine__class_bytes(cls));
  uint32_t n = atomic_load_explicit(&s->count, memory_order_relaxed);
  atomic_store_explicit(&s->count, n - 1, memory_order_relaxed);
  return p;
}

static inline void vine__free_hot(struct vine__cache *c, void *p,
                                  size_t bytes) {
  unsigned cls = vine__class_of(bytes);
  struct vine__cache_slot *s = &c->slot[cls];
  uint32_t n = atomic_load_explicit(&s->count, memory_order_relaxed);
  if (n >= s->limit || vine__debug.poison | vine__debug.nocache) {
    vine__free(c, p, bytes);
    return;
  }
  *vine__object_link(p, vine__class_bytes(cls)) = s->chain;
  s->chain = p;
  atomic_store_explicit(&s->count, n + 1, memory_order_relaxed);
}

// Adds c to, or flushes it and takes it from, the caches that stats count.
void vine__cache_init(struct vine__cache *c);
void vine__cache_destroy(struct vine__cache *c);

// Gives all objects of c back to the central lists.
void vine__cache_flush(struct vine__cache *c);

// Gives all free pages back to the kernel; caches keep what they hold.
// Returns bytes. For sysmon after quiet times, and for tests.
size_t vine__alloc_scavenge(void);

struct vine__alloc_stats {
  struct {
    size_t object_bytes; // size of the class
    size_t in_use_bytes; // at callers
    size_t cached_bytes; // in caches
    size_t mapped_bytes; // spans: in use, cached, free and tails
  } cls[VINE_CLASS_COUNT];
  size_t in_use_bytes; // sums over the classes, plus large objects
  size_t cached_bytes;
  size_t mapped_bytes;
  size_t large_bytes;      // objects above 256 KiB
  size_t free_dirty_bytes; // free pages that may be resident
  size_t arena_bytes;      // address space
};

// A snapshot, exact when nobody allocates meanwhile.
void vine__alloc_read_stats(struct vine__alloc_stats *out);

// Walks every free list of central and page heap. Tests only.
bool vine__alloc_is_valid(void);

// Walks the chains of one cache, which its user must not use meanwhile.
bool vine__cache_is_valid(struct vine__cache *c);

#endif
