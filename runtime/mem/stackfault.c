// SPDX-License-Identifier: MIT
// How it works. Electric fence for stacks. Each stack gets its own mapping,
// its end at the mapping's end and a guard below:
//
//   base                                            hi
//   | guard page | (unused) | lo .............. stack |
//
// A freed one becomes inaccessible and enters a ring of VINE_STACK_QUARANTINE
// places; the one that it pushes out is unmapped, or before that taken again by
// an allocation of its size. So a pointer into a stack that was moved or freed
// faults, unless 1,024 stacks were freed since. Taking again makes a move under
// move=1,fault=1 two system calls instead of six. Where the guards keep stacks
// apart each of the two changes one mapping as a whole; else the kernel splits
// mappings and joins them again (4.3 us a move instead of 8.2).
//
// The first bytes below a stack that is no multiple of a page are accessible;
// overflow by less than that shows up as a broken prologue check, which
// move=1 finds.
//
// Invariant (FAULT1): a slot of the ring is empty (base null) or names a
// mapping without access.
//
// Locking: ring.lock, rank STACK_FAULT. vine__stack_is_stale reads without
// it: an entry being replaced can be missed, no more.
// Rejected: never unmapping (10 million moves are 10 million mappings).
#include "mem/stackfault.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "mem/lock.h"
#include "os/os.h"

struct entry {
  _Atomic(char *) base;
  _Atomic size_t bytes;
};

static struct {
  struct vine__lock lock;
  unsigned next; // the oldest entry, replaced next
  struct entry entry[VINE_STACK_QUARANTINE];
} ring = {.lock = VINE_LOCK_INIT(STACK_FAULT)};

// Stacks up to this size (with their guard) keep their pages while in the ring
// and are taken again: at most 1,024 * 68 KiB, and no large reservation, whose
// mapping looks otherwise inside.
enum { REUSED_BYTES_MAX = 68 * 1024 };

// The oldest entry, if the ring is full and it has that size; its guard page
// is inaccessible by either kind of guard. Null if not.
static char *take_oldest(size_t mapped) {
  if (mapped > REUSED_BYTES_MAX)
    return NULL;
  vine__lock_acquire(&ring.lock);
  struct entry *e = &ring.entry[ring.next % VINE_STACK_QUARANTINE];
  char *base = load_relaxed(&e->base);
  if (base && load_relaxed(&e->bytes) == mapped)
    store_relaxed(&e->base, NULL); // the next one retired goes here
  else
    base = NULL;
  vine__lock_release(&ring.lock);
  return base;
}

// Stacks that there are, in the ring or not. Of this many each costs two
// mappings of the 65,530 that a process may have.
enum { APART_MAX = 8192 };
static _Atomic size_t count;

static void unmap(char *base, size_t mapped) {
  vine__os_unmap(base, mapped);
  fetch_sub_relaxed(&count, 1);
}

static char *map_with_guard(size_t mapped) {
  size_t page = vine__os_page_size();
  char *base = vine__os_map_stack(mapped, 0);
  if (!base)
    return NULL;
  bool apart = fetch_add_relaxed(&count, 1) < APART_MAX;
  if ((apart ? vine__os_guard_apart : vine__os_guard)(base, page) != 0) {
    unmap(base, mapped);
    return NULL;
  }
  return base;
}

bool vine__fault_alloc(size_t bytes, struct vine__stack *out) {
  size_t page = vine__os_page_size();
  size_t mapped = vine__os_round_to_pages(bytes) + page;
  if (mapped < bytes)
    return false;
  char *base = take_oldest(mapped);
  if (base && vine__os_commit(base + page, mapped - page) != 0) {
    unmap(base, mapped);
    base = NULL;
  }
  if (!base && !(base = map_with_guard(mapped)))
    return false;
  out->hi = base + mapped;
  out->lo = out->hi - bytes;
  VINE_ASSERT(out->lo >= base + page, "stack: overlaps its guard");
  return true;
}

// Puts base in the oldest place; the place's old contents go to *old.
static void exchange_entry(char *base, size_t bytes, struct vine__stack *old) {
  vine__lock_acquire(&ring.lock);
  struct entry *e = &ring.entry[ring.next++ % VINE_STACK_QUARANTINE];
  old->lo = load_relaxed(&e->base);
  old->hi = old->lo ? old->lo + load_relaxed(&e->bytes) : NULL;
  // Release pairs with the acquire in entry_contains: base with its bytes.
  store_relaxed(&e->base, NULL);
  store_release(&e->bytes, bytes);
  store_release(&e->base, base);
  vine__lock_release(&ring.lock);
}

// The first `guard` bytes are inaccessible already. Without access the pages
// would still count: gives those of large ones back first. When no more
// mappings can be had, unmapping one is no loss: it faults too.
static void retire(char *base, size_t guard, size_t bytes) {
  if (bytes > REUSED_BYTES_MAX)
    vine__os_decommit(base + guard, bytes - guard);
  if (vine__os_protect(base + guard, bytes - guard) != 0) {
    unmap(base, bytes);
    return;
  }
  struct vine__stack old;
  exchange_entry(base, bytes, &old);
  if (old.lo)
    unmap(old.lo, (size_t)(old.hi - old.lo));
}

void vine__fault_free(struct vine__stack s) {
  size_t page = vine__os_page_size();
  size_t bytes = vine__os_round_to_pages((size_t)(s.hi - s.lo)) + page;
  retire(s.hi - bytes, page, bytes);
}

void vine__fault_retire(char *base, size_t bytes) {
  VINE_ASSERT(base && bytes > 0, "stack: retiring nothing");
  fetch_add_relaxed(&count, 1);
  retire(base, 0, bytes);
}

static bool entry_contains(struct entry *e, const char *addr) {
  char *base = load_acquire(&e->base);
  return base && addr >= base && addr < base + load_acquire(&e->bytes);
}

bool vine__stack_is_stale(const void *addr) {
  for (int i = 0; i < VINE_STACK_QUARANTINE; i++)
    if (entry_contains(&ring.entry[i], addr))
      return true;
  return false;
}

size_t vine__fault_count(void) {
  size_t n = 0;
  for (int i = 0; i < VINE_STACK_QUARANTINE; i++)
    n += load_relaxed(&ring.entry[i].base) != NULL;
  return n;
}

void vine__fault_fork_prepare(void) { vine__lock_acquire(&ring.lock); }
void vine__fault_fork_parent(void) { vine__lock_release(&ring.lock); }
void vine__fault_fork_child(void) { vine__lock_reset_child(&ring.lock); }
