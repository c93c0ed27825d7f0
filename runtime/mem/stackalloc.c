// SPDX-License-Identifier: MIT
// How it works. Class stacks are objects of the allocator; their sizes are
// few, so that a goroutine's first stack is likely to be in the cache.
// A reservation is one mapping, larger than any stack may become. Its top is
// accessible, as far as the stack has grown: so nothing counts what isn't used,
// neither mlockall(MCL_FUTURE) nor a kernel that doesn't overcommit. What is
// below serves as a guard. Released ones lose their pages, and up to
// VINE_STACK_RESERVE_CACHE of them stay mapped.
//
// Where RLIMIT_AS limits the address space a reservation is a small part of
// what is left of it. A stack that outgrows it moves to a larger one.
//
// Invariants.
// (STACKALLOC1) lo and hi are multiples of VINE_STACK_ALIGN, so that a stack
//      moves by a multiple of it (I2).
// (STACKALLOC2) A spare reservation has at most VINE_STACK_RESERVE_DIRTY
//      resident bytes, at its top, and no more that are accessible unless it
//      never had inaccessible ones (STACKALLOC4).
// (STACKALLOC3) The bytes [low, hi) of a reservation are accessible; a page at
//      least below them is not.
// (STACKALLOC4) Each of the first VINE_STACK_RESERVE_STEPPED reservations costs
//      two mappings of the 65,530 that a process may have. Further ones are
//      accessible as a whole, with a guard that costs none if the kernel can.
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
  size_t mapped_bytes; // with the spares
  size_t mapped;
} large = {.lock = VINE_LOCK_INIT(STACK_LARGE)};

static bool is_aligned(const void *p) {
  return (uintptr_t)p % VINE_STACK_ALIGN == 0;
}

// --- class stacks ---

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

static bool is_stepped(const struct vine__stack_large *l) {
  return l->low != l->lo;
}

// A mapping of a reservation has come, or goes.
static void count_mapping(size_t bytes, bool comes) {
  vine__lock_acquire(&large.lock);
  VINE_ASSERT(comes || large.mapped > 0, "stack: more unmapped than mapped");
  large.mapped += comes ? 1 : (size_t)-1;
  large.mapped_bytes += comes ? bytes : -bytes;
  vine__lock_release(&large.lock);
}

static void account(const struct vine__stack_large *l, bool live) {
  vine__lock_acquire(&large.lock);
  if (live)
    large.reserved_bytes += mapped_bytes(l);
  else
    large.reserved_bytes -= mapped_bytes(l);
  vine__lock_release(&large.lock);
}

// A spare of at least `min` bytes, but not of more than `max`.
static bool take_spare(size_t min, size_t max, struct vine__stack_large *out) {
  bool found = false;
  vine__lock_acquire(&large.lock);
  for (size_t i = 0; i < large.spares && !found; i++) {
    *out = large.spare[i];
    found = usable_bytes(out) >= min && usable_bytes(out) <= max;
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

// One too many or too few does no harm (STACKALLOC4).
static bool may_be_stepped(void) {
  vine__lock_acquire(&large.lock);
  bool may = large.mapped < VINE_STACK_RESERVE_STEPPED;
  vine__lock_release(&large.lock);
  return may;
}

// `bytes` and a guard page below; accessible as a whole.
static char *map_whole(size_t bytes) {
  size_t page = vine__os_page_size();
  char *base = vine__os_map_stack(bytes + page, 0);
  if (base && vine__os_guard(base, page) != 0) {
    vine__os_unmap(base, bytes + page);
    return NULL;
  }
  return base;
}

static bool map_reservation(size_t bytes, struct vine__stack_large *out) {
  size_t page = vine__os_page_size();
  bool stepped = may_be_stepped();
  char *base =
      stepped ? vine__os_reserve_stack(bytes + page, 0) : map_whole(bytes);
  if (!base)
    return false;
  count_mapping(bytes + page, true);
  char *lo = base + page, *hi = lo + bytes;
  *out = (struct vine__stack_large){
      .lo = lo, .hi = hi, .base = base, .low = stepped ? hi : lo};
  return true;
}

static void unmap_reservation(const struct vine__stack_large *l) {
  vine__os_unmap(l->base, mapped_bytes(l));
  count_mapping(mapped_bytes(l), false);
}

// Halves the size until the kernel agrees: a limit that we don't see (strict
// overcommit, locked memory) shouldn't end a program that needs 1 MiB.
static bool map_what_fits(size_t min, size_t bytes,
                          struct vine__stack_large *out) {
  while (!map_reservation(bytes, out)) {
    if (bytes <= min)
      return false;
    size_t half = vine__os_round_to_pages(bytes / 2);
    bytes = half < min ? min : half;
  }
  return true;
}

static void drop_spares(void) {
  struct vine__stack_large l;
  while (pop_spare(&l))
    unmap_reservation(&l);
}

// The spares may be what took the address space.
static bool map_reservation_slow(size_t min, size_t bytes,
                                 struct vine__stack_large *out) {
  if (map_what_fits(min, bytes, out))
    return true;
  drop_spares();
  return map_what_fits(min, bytes, out);
}

// How much to reserve where a limit leaves `left` bytes: a part, since others
// want some, too.
static size_t share(size_t min, size_t max, size_t left) {
  size_t part = vine__os_round_to_pages(left / VINE_STACK_RESERVE_PART);
  size_t bytes = part < min ? min : part;
  return bytes < max ? bytes : max;
}

// Asks the kernel each time, beside an mmap: a program may set its limits
// whenever it likes.
static size_t wanted(size_t min, size_t max) {
  size_t limit = vine__os_address_space_limit();
  if (limit == SIZE_MAX)
    return max;
  vine__lock_acquire(&large.lock);
  size_t ours = large.mapped_bytes;
  vine__lock_release(&large.lock);
  return share(min, max, ours < limit ? limit - ours : 0);
}

static bool get_reservation(size_t min, size_t max,
                            struct vine__stack_large *out) {
  bool spares = !vine__debug.fault;
  if (spares && take_spare(max, 2 * max, out))
    return true;
  size_t bytes = wanted(min, max);
  if (spares && bytes < max && take_spare(min, 2 * bytes, out))
    return true;
  return map_reservation_slow(min, bytes, out);
}

bool vine__stack_reserve(size_t min_bytes, size_t max_bytes,
                         struct vine__stack_large *out) {
  VINE_ASSERT(0 < min_bytes && min_bytes <= max_bytes,
              "stack: empty reservation");
  if (max_bytes > SIZE_MAX / 4)
    max_bytes = SIZE_MAX / 4;
  if (min_bytes > max_bytes)
    return false;
  if (!get_reservation(vine__os_round_to_pages(min_bytes),
                       vine__os_round_to_pages(max_bytes), out))
    return false;
  VINE_ASSERT(is_aligned(out->lo) && is_aligned(out->hi),
              "stack: (STACKALLOC1)");
  VINE_DCHECK(usable_bytes(out) >= min_bytes, "stack: reserved too little");
  account(out, true);
  return true;
}

bool vine__stack_reserve_commit(struct vine__stack_large *l, size_t bytes) {
  VINE_ASSERT(bytes <= usable_bytes(l), "stack: larger than its reservation");
  char *low = l->hi - vine__os_round_to_pages(bytes);
  if (low >= l->low)
    return true;
  if (vine__os_commit(low, (size_t)(l->low - low)) != 0)
    return false;
  l->low = low;
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

// STACKALLOC2. False: the kernel keeps the pages, since they are locked.
static bool clean(struct vine__stack_large *l) {
  char *top = l->hi - VINE_STACK_RESERVE_DIRTY;
  if (l->low >= top)
    return true;
  if (vine__os_decommit(l->low, (size_t)(top - l->low)) != 0)
    return false;
  if (!is_stepped(l))
    return true;
  if (vine__os_protect(l->low, (size_t)(top - l->low)) != 0)
    return false;
  l->low = top;
  return true;
}

void vine__stack_reserve_free(const struct vine__stack_large *l) {
  VINE_ASSERT(l->base < l->lo && l->lo < l->hi, "stack: no reservation");
  account(l, false);
  if (vine__debug.fault) {
    count_mapping(mapped_bytes(l), false);
    vine__fault_retire(l->base, mapped_bytes(l));
    return;
  }
  struct vine__stack_large spare = *l;
  if (!clean(&spare) || !keep_spare(&spare))
    unmap_reservation(&spare);
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

void vine__stackalloc_fork_prepare(void) {
  vine__lock_acquire(&large.lock);
  vine__fixed_fork_prepare();
  vine__fault_fork_prepare();
}

void vine__stackalloc_fork_parent(void) {
  vine__fault_fork_parent();
  vine__fixed_fork_parent();
  vine__lock_release(&large.lock);
}

void vine__stackalloc_fork_child(void) {
  vine__fault_fork_child();
  vine__fixed_fork_child();
  vine__lock_reset_child(&large.lock);
}

// Prepare handlers run in the reverse order of registration: ours, with the
// outer locks, first.
static void init_once(void) {
  vine__alloc_init();
  int r =
      pthread_atfork(vine__stackalloc_fork_prepare,
                     vine__stackalloc_fork_parent, vine__stackalloc_fork_child);
  VINE_ASSERT(r == 0, "stack: no memory for fork handlers");
}

void vine__stackalloc_init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_once);
}
