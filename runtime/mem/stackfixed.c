// SPDX-License-Identifier: MIT
// How it works. A batch is one 32 MiB mapping, aligned to its size, with many
// stacks of one size:
//
//   | header: struct batch, a slot record each | guard | stack | guard | ...
//
// so that 100,000 stacks of 64 KiB are 208 mappings. A batch becomes
// accessible from its front, as far as it is used. Guards are installed when a
// slot is first used, and stay. A freed slot goes to its pool's dirty
// list, or past the bound gives its pages back and goes to the clean list.
// From a stack to its batch: mask the address; to its slot: divide.
//
// Stacks above an eighth of a batch have a mapping of their own.
//
// Invariants.
// (FIXED1) Slots [0, fresh) of a batch have their guard; the others were never
//      used.
// (FIXED2) A slot is in use, dirty or clean; slot->next is meaningful only on a
//      list.
// (FIXED3) fixed.dirty_bytes is the sum over all dirty lists.
// (FIXED4) The bytes of a batch below `committed` are accessible but for
// guards,
//      and those of slots [0, fresh) are below it.
//
// Locking: fixed.lock, rank STACK_FIXED; madvise and mmap of own mappings run
// without it. Runs on system stacks; never parks.
//
// Rejected: a mapping per stack with an mprotect guard (fails at 32,755
// stacks, vm.max_map_count); links inside the free stacks (each would touch a
// page that was just given back); unmapping empty batches (their pages are
// gone already, and a hole would split the mapping).
#include "mem/stackfixed.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/debugflags.h"
#include "mem/lock.h"
#include "mem/stackfault.h"
#include "os/os.h"

#define FIXED_MIN (16 * VINE_KIB) // PTHREAD_STACK_MIN
#define FIXED_MIN_SHIFT 14
#define POOLS 9 // 16 KiB to 4 MiB
#define FIXED_POOL_MAX (FIXED_MIN << (POOLS - 1))

_Static_assert(FIXED_MIN == 1 << FIXED_MIN_SHIFT, "the first pool");
_Static_assert(FIXED_POOL_MAX == VINE_STACK_FIXED_BATCH / 8,
               "a batch holds at least 7 stacks");

struct slot {
  struct slot *next;
};

struct batch {
  struct batch *older;
  char *first;     // guard of slot 0
  char *committed; // FIXED4
  uint32_t pool;
  uint32_t fresh; // slots used so far (FIXED1)
  uint32_t slots;
  uint32_t unused;
  struct slot slot[];
};

struct pool {
  struct slot *dirty;
  struct slot *clean;
  struct batch *newest; // the only one that may have unused slots
};

static struct {
  struct vine__lock lock;
  struct pool pool[POOLS];
  size_t in_use;
  size_t dirty_bytes;
  size_t mapped_bytes;
} fixed = {.lock = VINE_LOCK_INIT(STACK_FIXED)};

static void fixed_lock(void) { vine__lock_acquire(&fixed.lock); }
static void fixed_unlock(void) { vine__lock_release(&fixed.lock); }

// --- geometry ---

static size_t pool_bytes(unsigned pool) { return FIXED_MIN << pool; }

static unsigned pool_of(size_t bytes) {
  if (bytes <= FIXED_MIN)
    return 0;
  return 64 - FIXED_MIN_SHIFT - (unsigned)__builtin_clzll(bytes - 1);
}

static size_t slot_stride(const struct batch *b) {
  return pool_bytes(b->pool) + vine__os_page_size();
}

static struct batch *batch_of(const void *p) {
  return (struct batch *)((uintptr_t)p & ~(VINE_STACK_FIXED_BATCH - 1));
}

static char *slot_guard(const struct slot *s) {
  struct batch *b = batch_of(s);
  return b->first + (size_t)(s - b->slot) * slot_stride(b);
}

static struct vine__stack slot_stack(const struct slot *s) {
  char *lo = slot_guard(s) + vine__os_page_size();
  return (struct vine__stack){lo, lo + pool_bytes(batch_of(s)->pool)};
}

static struct slot *slot_of(struct vine__stack st) {
  struct batch *b = batch_of(st.lo);
  size_t offset = (size_t)(st.lo - vine__os_page_size() - b->first);
  VINE_ASSERT(offset % slot_stride(b) == 0 && st.lo > b->first &&
                  st.hi == st.lo + pool_bytes(b->pool),
              "stack: not a fixed stack");
  return &b->slot[offset / slot_stride(b)];
}

// --- batches ---

static size_t header_bytes(size_t slots) {
  return vine__os_round_to_pages(sizeof(struct batch) +
                                 slots * sizeof(struct slot));
}

static struct batch *map_batch(void) {
  struct batch *b =
      vine__os_reserve_stack(VINE_STACK_FIXED_BATCH, VINE_STACK_FIXED_BATCH);
  if (!b)
    return NULL;
  if (vine__os_commit(b, VINE_COMMIT_BYTES) != 0) {
    vine__os_unmap(b, VINE_STACK_FIXED_BATCH);
    return NULL;
  }
  b->committed = (char *)b + VINE_COMMIT_BYTES;
  return b;
}

// Makes what is below `end` accessible (FIXED4).
static bool commit(struct batch *b, const char *end) {
  if (end <= b->committed)
    return true;
  size_t missing = (size_t)(end - b->committed) + VINE_COMMIT_BYTES - 1;
  missing -= missing % VINE_COMMIT_BYTES;
  if (vine__os_commit(b->committed, missing) != 0)
    return false;
  b->committed += missing;
  return true;
}

static bool add_batch(unsigned pool) {
  struct batch *b = map_batch();
  if (!b)
    return false;
  b->pool = pool;
  size_t stride = slot_stride(b);
  size_t slots = VINE_STACK_FIXED_BATCH / stride;
  while (header_bytes(slots) + slots * stride > VINE_STACK_FIXED_BATCH)
    slots--;
  b->slots = (uint32_t)slots;
  b->first = (char *)b + header_bytes(slots);
  b->older = fixed.pool[pool].newest;
  fixed.pool[pool].newest = b;
  fixed.mapped_bytes += VINE_STACK_FIXED_BATCH;
  return true;
}

// The next slot that was never used. Its guard is set under the lock: it
// happens once per slot, and (FIXED1) then needs no list of half-made ones.
static struct slot *take_fresh(unsigned pool) {
  struct batch *b = fixed.pool[pool].newest;
  if (!b || b->fresh == b->slots) {
    if (!add_batch(pool))
      return NULL;
    b = fixed.pool[pool].newest;
  }
  struct slot *s = &b->slot[b->fresh];
  if (!commit(b, slot_guard(s) + slot_stride(b)) ||
      vine__os_guard(slot_guard(s), vine__os_page_size()) != 0)
    return NULL;
  b->fresh++;
  return s;
}

// --- lists ---

static struct slot *pop(struct slot **list) {
  struct slot *s = *list;
  if (s)
    *list = s->next;
  return s;
}

static void push(struct slot **list, struct slot *s) {
  s->next = *list;
  *list = s;
}

static struct slot *take_slot(unsigned pool) {
  struct slot *s = pop(&fixed.pool[pool].dirty);
  if (s) {
    VINE_ASSERT(fixed.dirty_bytes >= pool_bytes(pool), "stack: sum (FIXED3)");
    fixed.dirty_bytes -= pool_bytes(pool);
    return s;
  }
  s = pop(&fixed.pool[pool].clean);
  return s ? s : take_fresh(pool);
}

// Puts the slot on the dirty list, if the bound allows it.
static bool keep_dirty(struct slot *s, unsigned pool) {
  if (fixed.dirty_bytes + pool_bytes(pool) > VINE_STACK_FIXED_DIRTY)
    return false;
  fixed.dirty_bytes += pool_bytes(pool);
  push(&fixed.pool[pool].dirty, s);
  return true;
}

// --- the two calls ---

static bool alloc_in_pool(size_t bytes, struct vine__stack *out) {
  unsigned pool = pool_of(bytes);
  VINE_DCHECK(pool < POOLS && pool_bytes(pool) >= bytes, "stack: pool");
  fixed_lock();
  struct slot *s = take_slot(pool);
  fixed.in_use += s != NULL;
  fixed_unlock();
  if (s)
    *out = slot_stack(s);
  return s != NULL;
}

static void free_in_pool(struct vine__stack st) {
  struct slot *s = slot_of(st);
  unsigned pool = batch_of(st.lo)->pool;
  fixed_lock();
  VINE_ASSERT(fixed.in_use > 0, "stack: more freed than allocated");
  VINE_ASSERT(s < &batch_of(s)->slot[batch_of(s)->fresh],
              "stack: freed a slot that was never used (FIXED1)");
  fixed.in_use--;
  bool kept = keep_dirty(s, pool);
  fixed_unlock();
  if (kept)
    return;
  vine__os_decommit(st.lo, pool_bytes(pool));
  fixed_lock();
  push(&fixed.pool[pool].clean, s);
  fixed_unlock();
}

// A power of two; 0 when there is none.
static size_t round_size(size_t bytes) {
  if (bytes == 0)
    bytes = VINE_STACK_FIXED_DEFAULT;
  if (bytes > SIZE_MAX / 4)
    return 0;
  if (bytes <= FIXED_MIN)
    return FIXED_MIN;
  return (size_t)1 << (64 - __builtin_clzll(bytes - 1));
}

bool vine__stack_fixed_alloc(size_t bytes, struct vine__stack *out) {
  bytes = round_size(bytes);
  if (bytes == 0)
    return false;
  if (bytes > FIXED_POOL_MAX || vine__debug.fault)
    return vine__fault_alloc(bytes, out);
  return alloc_in_pool(bytes, out);
}

void vine__stack_fixed_free(struct vine__stack s) {
  size_t bytes = (size_t)(s.hi - s.lo);
  size_t page = vine__os_page_size();
  VINE_ASSERT(bytes == round_size(bytes), "stack: not a fixed stack's size");
  if (vine__debug.fault)
    vine__fault_free(s);
  else if (bytes > FIXED_POOL_MAX)
    vine__os_unmap(s.lo - page, bytes + page);
  else
    free_in_pool(s);
}

void vine__fixed_read_stats(struct vine__stack_stats *out) {
  fixed_lock();
  out->fixed_in_use = fixed.in_use;
  out->fixed_mapped_bytes = fixed.mapped_bytes;
  out->fixed_dirty_bytes = fixed.dirty_bytes;
  fixed_unlock();
}

void vine__fixed_fork_prepare(void) { fixed_lock(); }
void vine__fixed_fork_parent(void) { fixed_unlock(); }
void vine__fixed_fork_child(void) { vine__lock_reset_child(&fixed.lock); }
