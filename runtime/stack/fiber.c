// SPDX-License-Identifier: MIT
// How it works. A program that is done with a context mostly says nothing: it
// frees the stack, or makes the next context on it. So fibers are in a table by
// the lowest address of their stack, and who makes a context there finds what
// the last one left behind. There are never more than a program had stacks for
// contexts at different addresses.
//
// A struct vine__fiber is never given back, only used again, so that what was
// saved on one can be asked whether it is still the same (its generation).
//
// Invariants.
// (FIBER1) A fiber is in the table from vine__fiber_new until vine__fiber_end.
// (FIBER2) rare->fiber means something while g has G_FLAG_AWAY only.
//
// Locking: FIBER, for the table and the free list. A fiber's side stack belongs
// to what runs on it.
// Runs on: any stack. Allocates.
//
// Rejected: the record at the low end of the fiber's stack (a program that
// clears the memory, or uses it for something else meanwhile, loses the side
// stack for good); side stacks within the fiber's stack (how is it divided?).
#include "stack/fiber.h"

#include "arch/ucontext.h"
#include "base/assert.h"
#include "stack/stack.h"

#define TABLE_MIN 64 // a power of two
#define PAGE_SHIFT 4 // malloc's alignment: the bits below are all 0

static struct vine__lock lock = VINE_LOCK_INIT(FIBER);
static struct vine__fiber **table; // lock
static size_t table_size, count;   // lock
static struct vine__fiber *unused; // lock

// --- the table ---

static struct vine__fiber **bucket_locked(uintptr_t lo) {
  uint64_t h = (lo >> PAGE_SHIFT) * 0x9e3779b97f4a7c15u; // Fibonacci hashing
  return &table[h >> 32 & (table_size - 1)];
}

static bool resize_locked(size_t size) {
  struct vine__fiber **old = table;
  size_t old_size = table_size;
  struct vine__fiber **fresh = vine__alloc(NULL, size * sizeof *fresh);
  if (!fresh)
    return old != NULL; // a full table is slow, that's all
  for (size_t i = 0; i < size; i++)
    fresh[i] = NULL;
  table = fresh;
  table_size = size;
  for (size_t i = 0; i < old_size; i++)
    for (struct vine__fiber *f = old[i], *next; f; f = next) {
      struct vine__fiber **at = bucket_locked(f->lo);
      next = f->next;
      f->next = *at;
      *at = f;
    }
  vine__free(NULL, old, old_size * sizeof *old);
  return true;
}

static struct vine__fiber *unlink_locked(uintptr_t lo) {
  if (!table)
    return NULL;
  struct vine__fiber **at = bucket_locked(lo);
  while (*at && (*at)->lo != lo)
    at = &(*at)->next;
  struct vine__fiber *f = *at;
  if (f) {
    *at = f->next;
    count--;
  }
  return f;
}

static bool link_locked(struct vine__fiber *f) {
  if (count >= table_size &&
      !resize_locked(table_size ? 2 * table_size : TABLE_MIN))
    return false;
  struct vine__fiber **at = bucket_locked(f->lo);
  f->next = *at;
  *at = f;
  count++;
  return true;
}

static void put_unused_locked(struct vine__fiber *f) {
  f->generation++;
  f->next = unused;
  unused = f;
}

static struct vine__fiber *get_unused_locked(void) {
  struct vine__fiber *f = unused;
  if (f) {
    unused = f->next;
    return f;
  }
  f = vine__alloc(NULL, sizeof *f);
  if (f)
    *f = (struct vine__fiber){.generation = 1};
  return f;
}

// --- beginning and end ---

struct vine__fiber *vine__fiber_new(uintptr_t lo, uintptr_t hi) {
  vine__lock_acquire(&lock);
  struct vine__fiber *old = unlink_locked(lo);
  vine__lock_release(&lock);
  struct vine__side side = old ? old->side : (struct vine__side){0};
  vine__side_release(&side, NULL);
  vine__lock_acquire(&lock);
  if (old)
    put_unused_locked(old);
  struct vine__fiber *f = get_unused_locked();
  if (f) {
    *f = (struct vine__fiber){.lo = lo, .hi = hi, .generation = f->generation};
    if (!link_locked(f)) {
      put_unused_locked(f);
      f = NULL;
    }
  }
  vine__lock_release(&lock);
  return f;
}

void vine__fiber_end(struct vine__fiber *f) {
  vine__side_release(&f->side, NULL);
  vine__lock_acquire(&lock);
  struct vine__fiber *found = unlink_locked(f->lo);
  VINE_ASSERT(found == f, "fiber: not in the table (FIBER1)");
  put_unused_locked(f);
  vine__lock_release(&lock);
}

// --- what runs ---

struct vine__fiber *vine__fiber_current(const struct g *g) {
  if (!g)
    return vine__thread_fiber;
  return g->flags & G_FLAG_AWAY ? g->rare->fiber : NULL;
}

struct vine__side *vine__fiber_side(struct g *g) {
  struct vine__fiber *f = vine__fiber_current(g);
  if (f)
    return &f->side;
  return g ? &g->side : vine__side_of_thread();
}

void vine__fiber_enter(struct g *g, struct vine__fiber *f, uintptr_t ssp) {
  if (g) {
    if (f)
      vine__rare_of(g)->fiber = f;
    g->flags = (uint8_t)(g->flags & ~G_FLAG_AWAY) | (f ? G_FLAG_AWAY : 0);
  } else {
    vine__thread_fiber = f;
  }
  struct vine__side_regs r = vine__side_regs_at(vine__fiber_side(g), ssp);
  vine__side_regs_set(r);
  if (g)
    vine__g_set_side(g, r);
}

void vine__fiber_leave(struct g *g) {
  struct vine__fiber *f = g->rare->fiber;
  g->flags &= (uint8_t)~G_FLAG_AWAY;
  vine__fiber_end(f);
}

// --- fork ---

void vine__fiber_fork_prepare(void) { vine__lock_acquire(&lock); }
void vine__fiber_fork_parent(void) { vine__lock_release(&lock); }
void vine__fiber_fork_child(void) { vine__lock_reset_child(&lock); }
