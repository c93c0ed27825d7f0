// SPDX-License-Identifier: MIT
// How it works. The shape of tcmalloc and of Go's mcache: a cache holds a
// stack of free objects per class, refilled and drained in batches of about
// 16 KiB. A refill from a new span is a pair of pointers, so objects are
// touched first by whoever uses them.
//
// Invariants.
// (ALLOC1) A slot's count is the length of its chain plus the objects in
//      [bump, end).
// (ALLOC2) A slot holds at most two batches, about 32 KiB.
// (ALLOC3) With poison=1 every byte of a chained object but its link is 0xdb.
//
// Locking: a cache belongs to its user, no lock. `caches.lock`, rank CACHES,
// guards the list of caches that stats read; they read counts relaxed.
// Runs on system stacks; never parks.
//
// Rejected: one cache per thread in TLS (a blocked thread would sit on its
// memory; a P's cache follows the P); a header per object (16 bytes are 3 %
// of a 512-byte stack).
#include "mem/alloc.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/debugflags.h"
#include "mem/central.h"
#include "mem/lock.h"
#include "mem/pageheap.h"
#include "os/os.h"

#include <pthread.h>
#include <string.h>

#define POISON 0xdb    // freed
#define UNWRITTEN 0xcb // allocated, not written since

static struct {
  struct vine__lock lock;
  struct vine__list all;
  _Atomic size_t large_bytes;
} caches = {
    .lock = VINE_LOCK_INIT(CACHES),
    .all = {&caches.all, &caches.all},
};

_Static_assert(VINE_CACHE_BATCH_BYTES >= VINE_CACHE_OBJECT_MAX / 2,
               "two batches hold the largest cached object");

// Whether VINEDEBUG asks for anything of this file.
static inline bool debugging(void) {
  return __builtin_expect((vine__debug.poison | vine__debug.nocache) != 0, 0);
}

// --- poison=1 ---

static size_t poisoned_bytes(size_t size) { return size - sizeof(void *); }

static bool is_poisoned(const void *p, size_t size) {
  const unsigned char *b = p;
  size_t n = poisoned_bytes(size);
  return n > 0 && b[0] == POISON && memcmp(b, b + 1, n - 1) == 0;
}

// Poisoned all over but for the link: freed before. (VINEDEBUG=move=1 fills
// whole stacks, link included, before it frees them.)
static bool was_freed(void *p, size_t size) {
  const unsigned char *link = (unsigned char *)vine__object_link(p, size);
  return is_poisoned(p, size) && *link != POISON;
}

static void poison_freed(void *p, size_t size) {
  VINE_ASSERT(!was_freed(p, size), "alloc: freed twice (ALLOC3)");
  memset(p, POISON, poisoned_bytes(size));
}

static void poison_range(const struct vine__batch *b, size_t size) {
  for (char *p = b->lo; p < b->hi; p += size)
    memset(p, POISON, poisoned_bytes(size));
}

// The object is about to be somebody's: what isn't written yet reads 0xcb.
// Fresh ones too: their memory may have been freed objects of another span.
static void *unpoison(void *p, size_t size, bool chained) {
  VINE_ASSERT(!chained || is_poisoned(p, size),
              "alloc: written to after free (ALLOC3)");
  return memset(p, UNWRITTEN, poisoned_bytes(size));
}

// --- central, one object at a time ---

static void *alloc_central(unsigned cls) {
  struct vine__batch b = vine__central_take(cls, 1);
  void *p = b.chain ? b.chain : b.lo;
  if (vine__debug.poison && p)
    unpoison(p, vine__class_bytes(cls), b.chain != NULL);
  return p;
}

static void free_central(unsigned cls, void *p) {
  struct vine__batch b = {.chain = p, .count = 1};
  *vine__object_link(p, vine__class_bytes(cls)) = NULL;
  vine__central_give(cls, &b);
}

// --- caches ---

static uint32_t slot_count(struct vine__cache_slot *s) {
  return load_relaxed(&s->count);
}

// Only the owner writes, so this needs no atomic addition.
static void slot_add(struct vine__cache_slot *s, int n) {
  store_relaxed(&s->count, slot_count(s) + (uint32_t)n);
}

static bool slot_is_valid(struct vine__cache_slot *s, unsigned cls) {
  size_t size = vine__class_bytes(cls);
  size_t n = (size_t)(s->end - s->bump) / size;
  for (void *p = s->chain; p; p = *vine__object_link(p, size), n++)
    if (vine__span_of(p)->cls != cls)
      return false;
  return n == slot_count(s) && n <= 2 * vine__class_batch(cls); // (ALLOC2)
}

static void *pop_chain(struct vine__cache_slot *s, size_t size) {
  void *p = s->chain;
  s->chain = *vine__object_link(p, size);
  slot_add(s, -1);
  return p;
}

static void *pop_fresh(struct vine__cache_slot *s, size_t size) {
  char *p = s->bump;
  s->bump = p + size;
  slot_add(s, -1);
  return p;
}

static __attribute__((noinline)) void *alloc_refill(struct vine__cache_slot *s,
                                                    unsigned cls) {
  size_t size = vine__class_bytes(cls);
  VINE_ASSERT(slot_count(s) == 0, "alloc: refill of a full slot (ALLOC1)");
  s->limit = 2 * vine__class_batch(cls);
  struct vine__batch b = vine__central_take(cls, vine__class_batch(cls));
  if (b.count == 0)
    return NULL;
  s->chain = b.chain;
  s->bump = b.lo;
  s->end = b.hi;
  store_relaxed(&s->count, b.count);
  VINE_XCHECK(slot_is_valid(s, cls), "alloc: bad batch (ALLOC1)");
  return b.chain ? pop_chain(s, size) : pop_fresh(s, size);
}

static inline void *alloc_cached(struct vine__cache_slot *s, unsigned cls) {
  size_t size = vine__class_bytes(cls);
  if (s->chain)
    return pop_chain(s, size);
  if (s->bump < s->end)
    return pop_fresh(s, size);
  return alloc_refill(s, cls);
}

// Cuts `n` objects off the chain.
static struct vine__batch cut_chain(struct vine__cache_slot *s, size_t size,
                                    uint32_t n) {
  struct vine__batch b = {.chain = s->chain};
  void *last = NULL;
  for (; s->chain && b.count < n; b.count++) {
    last = s->chain;
    s->chain = *vine__object_link(last, size);
  }
  if (last)
    *vine__object_link(last, size) = NULL;
  VINE_ASSERT(b.count <= slot_count(s), "alloc: chain too long (ALLOC1)");
  slot_add(s, -(int)b.count);
  return b;
}

// The slot is full, or was never used.
static __attribute__((noinline)) void free_drain(struct vine__cache_slot *s,
                                                 unsigned cls) {
  s->limit = 2 * vine__class_batch(cls);
  if (slot_count(s) < s->limit)
    return;
  struct vine__batch b =
      cut_chain(s, vine__class_bytes(cls), vine__class_batch(cls));
  vine__central_give(cls, &b);
}

static inline void free_cached(struct vine__cache_slot *s, unsigned cls,
                               void *p) {
  VINE_DCHECK(vine__span_of(p)->cls == cls, "alloc: freed with a wrong size");
  if (slot_count(s) >= s->limit)
    free_drain(s, cls);
  *vine__object_link(p, vine__class_bytes(cls)) = s->chain;
  s->chain = p;
  slot_add(s, 1);
  VINE_DCHECK(slot_count(s) <= s->limit,
              "alloc: cache over its bound (ALLOC2)");
}

static void flush_slot(struct vine__cache_slot *s, unsigned cls) {
  size_t size = vine__class_bytes(cls);
  struct vine__batch b = {.chain = s->chain, .lo = s->bump, .hi = s->end};
  b.count = slot_count(s);
  if (b.count == 0)
    return;
  VINE_XCHECK(slot_is_valid(s, cls), "alloc: count is off (ALLOC1)");
  if (vine__debug.poison)
    poison_range(&b, size);
  vine__central_give(cls, &b);
  s->chain = NULL;
  s->bump = s->end = NULL;
  store_relaxed(&s->count, 0);
}

void vine__cache_flush(struct vine__cache *c) {
  for (unsigned i = 0; i < VINE_CACHED_CLASSES; i++)
    flush_slot(&c->slot[i], i);
}

void vine__cache_init(struct vine__cache *c) {
  memset(c, 0, sizeof *c);
  vine__lock_acquire(&caches.lock);
  vine__list_push_back(&caches.all, &c->all);
  vine__lock_release(&caches.lock);
}

void vine__cache_destroy(struct vine__cache *c) {
  vine__cache_flush(c);
  vine__lock_acquire(&caches.lock);
  VINE_ASSERT(c->all.next, "alloc: cache was never registered");
  vine__list_remove(&c->all);
  vine__lock_release(&caches.lock);
}

// --- large objects ---

static size_t units_of(size_t bytes) {
  return (bytes + VINE_UNIT_BYTES - 1) >> VINE_UNIT_SHIFT;
}

static void *alloc_large(size_t bytes) {
  size_t units = units_of(bytes);
  void *p = NULL;
  if (bytes > SIZE_MAX - VINE_UNIT_BYTES)
    return NULL;
  if (bytes > VINE_HEAP_OBJECT_MAX) {
    p = vine__os_map(units << VINE_UNIT_SHIFT, 0);
  } else {
    struct vine__span *s = vine__heap_alloc((uint32_t)units, VINE_SPAN_LARGE);
    p = s ? vine__span_base(s) : NULL;
  }
  if (p)
    fetch_add_relaxed(&caches.large_bytes, units << VINE_UNIT_SHIFT);
  return p;
}

static void free_large(void *p, size_t bytes) {
  size_t units = units_of(bytes);
  fetch_sub_relaxed(&caches.large_bytes, units << VINE_UNIT_SHIFT);
  if (bytes > VINE_HEAP_OBJECT_MAX) {
    vine__os_unmap(p, units << VINE_UNIT_SHIFT);
    return;
  }
  struct vine__span *s = vine__span_of(p);
  VINE_ASSERT(s->cls == VINE_SPAN_LARGE && s->units == units &&
                  vine__span_base(s) == p,
              "alloc: large object freed with a wrong size");
  vine__heap_free(s);
}

// --- the two calls ---

static void *alloc_debug(struct vine__cache *c, unsigned cls) {
  if (!c || vine__debug.nocache)
    return alloc_central(cls);
  struct vine__cache_slot *s = &c->slot[cls];
  bool chained = s->chain != NULL;
  void *p = alloc_cached(s, cls);
  chained |= s->bump == NULL; // a refill brought a chain, not a range
  if (vine__debug.poison && p)
    unpoison(p, vine__class_bytes(cls), chained);
  return p;
}

void *vine__alloc(struct vine__cache *c, size_t bytes) {
  if (__builtin_expect(bytes > VINE_CLASS_BYTES_MAX, 0))
    return alloc_large(bytes);
  unsigned cls = vine__class_of(bytes);
  if (cls >= VINE_CACHED_CLASSES || !c)
    return alloc_central(cls);
  if (debugging())
    return alloc_debug(c, cls);
  return alloc_cached(&c->slot[cls], cls);
}

void vine__free(struct vine__cache *c, void *p, size_t bytes) {
  if (!p)
    return;
  if (__builtin_expect(bytes > VINE_CLASS_BYTES_MAX, 0)) {
    free_large(p, bytes);
    return;
  }
  unsigned cls = vine__class_of(bytes);
  if (__builtin_expect(vine__debug.poison != 0, 0))
    poison_freed(p, vine__class_bytes(cls));
  if (cls >= VINE_CACHED_CLASSES || !c || vine__debug.nocache)
    free_central(cls, p);
  else
    free_cached(&c->slot[cls], cls, p);
}

size_t vine__alloc_scavenge(void) { return vine__heap_scavenge(0); }

// --- observation ---

static size_t cached_bytes_locked(unsigned cls) {
  size_t n = 0;
  if (cls >= VINE_CACHED_CLASSES)
    return 0;
  struct vine__list *l = &caches.all;
  for (struct vine__list *i = l->next; i != l; i = i->next) {
    struct vine__cache *c = VINE_CONTAINER(i, struct vine__cache, all);
    n += slot_count(&c->slot[cls]);
  }
  return n * vine__class_bytes(cls);
}

static void read_class(struct vine__alloc_stats *out, unsigned i) {
  struct vine__central_stats s;
  vine__central_read_stats(i, &s);
  size_t cached = cached_bytes_locked(i);
  if (cached > s.out_bytes) // a cache changed in between
    cached = s.out_bytes;
  out->cls[i].object_bytes = vine__class_bytes(i);
  out->cls[i].mapped_bytes = s.mapped_bytes;
  out->cls[i].cached_bytes = cached;
  out->cls[i].in_use_bytes = s.out_bytes - cached;
  out->in_use_bytes += s.out_bytes - cached;
  out->cached_bytes += cached;
  out->mapped_bytes += s.mapped_bytes;
}

void vine__alloc_read_stats(struct vine__alloc_stats *out) {
  memset(out, 0, sizeof *out);
  vine__lock_acquire(&caches.lock);
  for (unsigned i = 0; i < VINE_CLASS_COUNT; i++)
    read_class(out, i);
  vine__lock_release(&caches.lock);
  struct vine__heap_stats heap;
  vine__heap_read_stats(&heap);
  out->large_bytes = load_relaxed(&caches.large_bytes);
  out->in_use_bytes += out->large_bytes;
  out->mapped_bytes += out->large_bytes;
  out->free_dirty_bytes = heap.dirty_bytes;
  out->arena_bytes = heap.arena_bytes;
}

bool vine__cache_is_valid(struct vine__cache *c) {
  bool ok = true;
  for (unsigned i = 0; i < VINE_CACHED_CLASSES; i++)
    ok = ok && slot_is_valid(&c->slot[i], i);
  return ok;
}

bool vine__alloc_is_valid(void) {
  bool ok = vine__heap_is_valid();
  for (unsigned i = 0; i < VINE_CLASS_COUNT; i++)
    ok = vine__central_is_valid(i) && ok;
  return ok;
}

// --- fork ---
//
// The child gets a copy of every lock. Holding them all across the fork means
// that none is held by a thread that the child doesn't have. Other threads'
// caches are copied too, perhaps in the middle of a change: the child must
// not use them, and what they hold is lost to it.

void vine__alloc_fork_prepare(void) {
  vine__lock_acquire(&caches.lock);
  vine__central_fork_prepare();
  vine__heap_fork_prepare();
}

void vine__alloc_fork_parent(void) {
  vine__heap_fork_parent();
  vine__central_fork_parent();
  vine__lock_release(&caches.lock);
}

void vine__alloc_fork_child(void) {
  vine__heap_fork_child();
  vine__central_fork_child();
  vine__lock_reset_child(&caches.lock);
}

static void init_once(void) {
  VINE_ASSERT(VINE_UNIT_BYTES % vine__os_page_size() == 0,
              "alloc: pages larger than the heap's units");
  VINE_ASSERT(vine__class_of(VINE_CACHE_OBJECT_MAX) == VINE_CACHED_CLASSES - 1,
              "alloc: number of cached classes");
  int r = pthread_atfork(vine__alloc_fork_prepare, vine__alloc_fork_parent,
                         vine__alloc_fork_child);
  VINE_ASSERT(r == 0, "alloc: no memory for fork handlers");
}

void vine__alloc_init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_once);
}
