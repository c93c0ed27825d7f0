// SPDX-License-Identifier: MIT
// The records of descriptor numbers. desc.h has the story and the invariants.
//
// Runs on: any stack. Allocates the tables, from the system.

#include "net/desc.h"
#include "base/assert.h"
#include "g.h"
#include "net/netpoll.h"
#include "net/wait.h"
#include "os/os.h"
#include "sched/sched.h"
#include "stack/sidealloc.h"

#include <limits.h>

struct vine__desc_mid *_Atomic vine__descs[1 << VINE_DESC_TOP_BITS];
_Atomic uint32_t vine__desc_changes;
_Atomic bool vine__desc_has_marks;

_Static_assert(VINE_DESC_LEAF_BITS + VINE_DESC_MID_BITS + VINE_DESC_TOP_BITS ==
                   31,
               "every number that isn't negative");

// --- the tables ---

// Zeroed memory for a table; whoever comes second throws his away.
static void *publish(void *_Atomic *slot, size_t bytes,
                     void (*init)(void *table)) {
  bytes = vine__os_round_to_pages(bytes);
  void *old = NULL, *table = vine__os_map(bytes, 0);
  if (!table)
    return NULL;
  if (init)
    init(table);
  if (cas_acq_rel(slot, &old, table))
    return table;
  vine__os_unmap(table, bytes);
  return old;
}

static void init_leaf(void *table) {
  struct vine__desc_leaf *leaf = table;
  for (uint32_t i = 0; i < 1u << VINE_DESC_LEAF_BITS; i++)
    vine__lock_init(&leaf->d[i].lock, VINE_RANK_DESC);
}

struct vine__desc *vine__desc_make(int fd) {
  uint32_t n = (uint32_t)fd;
  if (fd < 0)
    return NULL;
  struct vine__desc_mid *_Atomic *top =
      &vine__descs[n >> (VINE_DESC_LEAF_BITS + VINE_DESC_MID_BITS)];
  struct vine__desc_mid *mid = load_acquire(top);
  if (!mid && !(mid = publish((void *_Atomic *)top, sizeof *mid, NULL)))
    return NULL;
  struct vine__desc_leaf *_Atomic *slot =
      &mid->leaf[(n >> VINE_DESC_LEAF_BITS) % (1u << VINE_DESC_MID_BITS)];
  struct vine__desc_leaf *leaf = load_acquire(slot);
  if (!leaf &&
      !(leaf = publish((void *_Atomic *)slot, sizeof *leaf, init_leaf)))
    return NULL;
  return &leaf->d[n % (1u << VINE_DESC_LEAF_BITS)];
}

static void each_of_leaf(int fd, struct vine__desc_leaf *leaf,
                         void (*fn)(int fd, struct vine__desc *d)) {
  for (int i = 0; i < 1 << VINE_DESC_LEAF_BITS; i++)
    fn(fd + i, &leaf->d[i]);
}

void vine__desc_each(void (*fn)(int fd, struct vine__desc *d)) {
  for (int i = 0; i < 1 << VINE_DESC_TOP_BITS; i++) {
    struct vine__desc_mid *mid = load_acquire(&vine__descs[i]);
    for (int j = 0; mid && j < 1 << VINE_DESC_MID_BITS; j++) {
      struct vine__desc_leaf *leaf = load_acquire(&mid->leaf[j]);
      if (leaf)
        each_of_leaf(((i << VINE_DESC_MID_BITS) + j) << VINE_DESC_LEAF_BITS,
                     leaf, fn);
    }
  }
}

// --- generations ---

void vine__desc_learn(struct vine__desc *d, uint32_t gen, uint32_t bits) {
  uint64_t f = load_acquire(&d->facts);
  for (;;) {
    uint32_t known = f >> 32 == gen ? (uint32_t)f : 0;
    if (load_acquire(&d->gen) != gen)
      return; // DESC1: it would not count
    if (bits & VINE_DESC_KIND)
      known &= ~VINE_DESC_KIND;
    if (cas_acq_rel(&d->facts, &f, (uint64_t)gen << 32 | known | bits))
      return;
  }
}

// In a signal handler this thread may have the lock already.
static bool may_lock(void) { return !vine__handler_side; }

void vine__desc_end(int fd) {
  struct vine__desc *d = vine__desc_find(fd);
  if (!d)
    return;
  if (!may_lock()) {
    fetch_add_seq_cst(&d->gen, 1);
    return;
  }
  vine__lock_acquire(&d->lock);
  fetch_add_seq_cst(&d->gen, 1);
  struct g *woken = vine__io_end_all_locked(d, VINE_IO_CLOSED, NULL); // DESC3
  vine__lock_release(&d->lock);
  vine__sched_ready_list(woken);
}

void vine__desc_recheck(int fd) {
  struct vine__desc *d = vine__desc_find(fd);
  if (!d || !may_lock())
    return;
  vine__lock_acquire(&d->lock);
  // Who isn't in the list yet finds the counts changed (DESC2).
  for (int dir = VINE_IO_IN; dir <= VINE_IO_OUT; dir++)
    store_release(&d->seq[dir], load_relaxed(&d->seq[dir]) + 1);
  struct g *woken = vine__io_end_all_locked(d, VINE_IO_READY, NULL);
  vine__lock_release(&d->lock);
  vine__sched_ready_list(woken);
}

static void for_range(uint32_t first, uint32_t last, void (*fn)(int fd)) {
  const uint64_t leaf = 1u << VINE_DESC_LEAF_BITS;
  const uint64_t mid = leaf << VINE_DESC_MID_BITS;
  uint64_t n = first;
  while (n <= last && n <= INT_MAX)
    if (!load_acquire(&vine__descs[n / mid]))
      n = (n / mid + 1) * mid;
    else if (!vine__desc_find((int)n))
      n = (n / leaf + 1) * leaf;
    else
      fn((int)n++);
}

void vine__desc_end_range(uint32_t first, uint32_t last) {
  for_range(first, last, vine__desc_end);
}

void vine__desc_recheck_range(uint32_t first, uint32_t last) {
  for_range(first, last, vine__desc_recheck);
}

void vine__desc_begin(int fd, enum vine__desc_kind kind) {
  struct vine__desc *d = vine__desc_get(fd);
  if (!d)
    return;
  vine__desc_end(fd);
  vine__desc_learn(d, load_acquire(&d->gen), VINE_DESC_OWNED | kind);
}
