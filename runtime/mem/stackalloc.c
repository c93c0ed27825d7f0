// SPDX-License-Identifier: MIT
// How it works. Class stacks are objects of the allocator; their sizes are
// few, so that a goroutine's first stack is likely to be in the cache.
// A reservation is one mapping, larger than any stack may become, with a
// guard page below; released ones lose their pages and up to
// VINE_STACK_RESERVE_CACHE of them stay mapped.
//
// Invariants.
// (STACKALLOC1) lo and hi are multiples of VINE_STACK_ALIGN, so that a stack
//      moves by a multiple of it (I2).
// (STACKALLOC2) A spare reservation has at most VINE_STACK_RESERVE_DIRTY
//      resident bytes, at its top, and keeps its guard.
//
// Locking: large.lock, rank STACK_LARGE; no system call is made under it.
// Runs on system stacks; never parks.
//
// Rejected: mremap to move a large stack (moves page tables instead of bytes,
// but a reservation never needs to move at all); MAP_GROWSDOWN (os.c).
#include "mem/stackalloc.h"

#include "../abi/vine_abi.h"
#include "base/assert.h"
#include "base/debugflags.h"
#include "mem/lock.h"
#include "mem/stackfault.h"
#include "mem/stackfixed.h"
#include "os/os.h"

#include <pthread.h>

static struct {
  struct vine__lock lock;
  struct vine__stack_large spare[VINE_STACK_RESERVE_CACHE];
  size_t spares;
  size_t reserved_bytes;
} large = {.lock = VINE_LOCK_INIT(STACK_LARGE)};

static bool is_aligned(const void *p) {
  return (uintptr_t)p % VINE_STACK_ALIGN == 0;
}

// --- class stacks ---

size_t vine__stack_round(size_t bytes) {
  if (bytes <= VINE_STACK_MIN)
    return VINE_STACK_MIN;
  if (bytes <= 768)
    return 768;
  return (size_t)1 << (64 - __builtin_clzll(bytes - 1));
}

bool vine__stack_alloc(struct vine__cache *c, size_t bytes,
                       struct vine__stack *out) {
  VINE_ASSERT(bytes <= VINE_STACK_CLASS_MAX, "stack: too large for a class");
  bytes = vine__stack_round(bytes);
  if (__builtin_expect(vine__debug.fault != 0, 0))
    return vine__fault_alloc(bytes, out);
  char *lo = vine__alloc(c, bytes);
  if (!lo)
    return false;
  out->lo = lo;
  out->hi = lo + bytes;
  VINE_DCHECK(is_aligned(lo) && is_aligned(out->hi),
              "stack: alignment (STACKALLOC1)");
  return true;
}

void vine__stack_free(struct vine__cache *c, struct vine__stack s) {
  size_t bytes = (size_t)(s.hi - s.lo);
  VINE_ASSERT(bytes == vine__stack_round(bytes) &&
                  bytes <= VINE_STACK_CLASS_MAX,
              "stack: not a class stack's size");
  if (__builtin_expect(vine__debug.fault != 0, 0))
    vine__fault_free(s);
  else
    vine__free(c, s.lo, bytes);
}

// --- reservations ---

static size_t usable_bytes(const struct vine__stack_large *l) {
  return (size_t)(l->hi - l->lo);
}

static size_t mapped_bytes(const struct vine__stack_large *l) {
  return (size_t)(l->hi - l->base);
}

static void account(const struct vine__stack_large *l, bool live) {
  vine__lock_acquire(&large.lock);
  if (live)
    large.reserved_bytes += mapped_bytes(l);
  else
    large.reserved_bytes -= mapped_bytes(l);
  vine__lock_release(&large.lock);
}

// A spare of at least `bytes`, but not of more than twice that.
static bool take_spare(size_t bytes, struct vine__stack_large *out) {
  bool found = false;
  vine__lock_acquire(&large.lock);
  for (size_t i = 0; i < large.spares && !found; i++) {
    *out = large.spare[i];
    found = usable_bytes(out) >= bytes && usable_bytes(out) / 2 <= bytes;
    if (found)
      large.spare[i] = large.spare[--large.spares];
  }
  vine__lock_release(&large.lock);
  return found;
}

static bool pop_spare(struct vine__stack_large *out) {
  vine__lock_acquire(&large.lock);
  bool found = large.spares > 0;
  if (found)
    *out = large.spare[--large.spares];
  vine__lock_release(&large.lock);
  return found;
}

static bool keep_spare(const struct vine__stack_large *l) {
  vine__lock_acquire(&large.lock);
  bool kept = large.spares < VINE_STACK_RESERVE_CACHE;
  if (kept)
    large.spare[large.spares++] = *l;
  vine__lock_release(&large.lock);
  return kept;
}

// `bytes` and a guard page below.
static bool map_reservation(size_t bytes, struct vine__stack_large *out) {
  size_t page = vine__os_page_size();
  char *base = vine__os_map_stack(bytes + page, 0);
  if (!base)
    return false;
  if (vine__os_guard(base, page) != 0) {
    vine__os_unmap(base, bytes + page);
    return false;
  }
  *out = (struct vine__stack_large){
      .lo = base + page, .hi = base + page + bytes, .base = base};
  return true;
}

// Halves the size until the kernel agrees: a limit on address space
// (RLIMIT_AS, strict overcommit) shouldn't end a program that needs 1 MiB.
static bool map_what_fits(size_t bytes, struct vine__stack_large *out) {
  while (!map_reservation(bytes, out)) {
    if (bytes <= VINE_STACK_RESERVE_MIN)
      return false;
    bytes = vine__os_round_to_pages(bytes / 2);
  }
  return true;
}

static void drop_spares(void) {
  struct vine__stack_large l;
  while (pop_spare(&l))
    vine__os_unmap(l.base, mapped_bytes(&l));
}

// The spares may be what took the address space.
static bool map_reservation_slow(size_t bytes, struct vine__stack_large *out) {
  if (map_what_fits(bytes, out))
    return true;
  drop_spares();
  return map_what_fits(bytes, out);
}

bool vine__stack_reserve(size_t max_bytes, struct vine__stack_large *out) {
  VINE_ASSERT(max_bytes > 0, "stack: empty reservation");
  if (max_bytes > SIZE_MAX / 4)
    max_bytes = SIZE_MAX / 4;
  size_t bytes = vine__os_round_to_pages(max_bytes);
  bool spare = !vine__debug.fault && take_spare(bytes, out);
  if (!spare && !map_reservation_slow(bytes, out))
    return false;
  VINE_ASSERT(is_aligned(out->lo) && is_aligned(out->hi),
              "stack: (STACKALLOC1)");
  account(out, true);
  return true;
}

void vine__stack_reserve_trim(const struct vine__stack_large *l, char *below) {
  VINE_ASSERT(below >= l->lo && below <= l->hi,
              "stack: trim outside the reservation");
  size_t page = vine__os_page_size();
  char *end = (char *)((uintptr_t)below & ~(uintptr_t)(page - 1));
  if (end > l->lo)
    vine__os_decommit(l->lo, (size_t)(end - l->lo));
}

void vine__stack_reserve_free(const struct vine__stack_large *l) {
  VINE_ASSERT(l->base < l->lo && l->lo < l->hi, "stack: no reservation");
  account(l, false);
  if (vine__debug.fault) {
    vine__fault_retire(l->base, mapped_bytes(l));
    return;
  }
  if (usable_bytes(l) > VINE_STACK_RESERVE_DIRTY) // (STACKALLOC2)
    vine__os_decommit(l->lo, usable_bytes(l) - VINE_STACK_RESERVE_DIRTY);
  if (!keep_spare(l))
    vine__os_unmap(l->base, mapped_bytes(l));
}

// --- observation ---

void vine__stack_read_alloc_stats(struct vine__stack_stats *out) {
  vine__lock_acquire(&large.lock);
  out->reserved_bytes = large.reserved_bytes;
  out->reserved_spares = large.spares;
  vine__lock_release(&large.lock);
  vine__fixed_read_stats(out);
  out->quarantined = vine__fault_count();
}

// --- fork: see alloc.c ---

static void fork_prepare(void) {
  vine__lock_acquire(&large.lock);
  vine__fixed_fork_prepare();
  vine__fault_fork_prepare();
}

static void fork_parent(void) {
  vine__fault_fork_parent();
  vine__fixed_fork_parent();
  vine__lock_release(&large.lock);
}

static void fork_child(void) {
  vine__fault_fork_child();
  vine__fixed_fork_child();
  vine__lock_reset_child(&large.lock);
}

// Prepare handlers run in the reverse order of registration: ours, with the
// outer locks, first.
static void init_once(void) {
  vine__alloc_init();
  int r = pthread_atfork(fork_prepare, fork_parent, fork_child);
  VINE_ASSERT(r == 0, "stack: no memory for fork handlers");
}

void vine__stackalloc_init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_once);
}
