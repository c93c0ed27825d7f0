// SPDX-License-Identifier: MIT
// Stacks, of three kinds.
//
//   class stacks   448 B to 256 KiB, from the allocator; goroutines start
//                  here and grow by copying
//   reservations   address space for the largest stack allowed, made
//                  accessible as it grows, and filled by the kernel page by
//                  page; a stack that outgrew the classes grows in here without
//                  copying
//   fixed stacks   for code that vinecc didn't compile: many per mapping,
//                  committed on touch, each with a guard below (stackfixed.h)
//
// Bounds are multiples of VINE_STACK_ALIGN. Contents are unspecified. Failure
// means that the kernel gave no memory (or no mapping); nothing is leaked.
// With VINEDEBUG=fault=1 every stack of any kind is a mapping of its own with
// a guard, and freed stacks are inaccessible for long, so that every stale
// pointer into them faults (stackfault.c).
//
// Runs on system stacks; never parks.
#ifndef VINE_STACKALLOC_H
#define VINE_STACKALLOC_H

#include "mem/alloc.h"
#include "mem/stackstep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vine__stack {
  char *lo; // lowest byte
  char *hi; // one past the highest: where the first frame goes
};

// Once, before threads start: fork handlers, the allocator's too.
void vine__stackalloc_init(void);
// Those handlers but the allocator's, for children that are made past them.
void vine__stackalloc_fork_prepare(void);
void vine__stackalloc_fork_parent(void);
void vine__stackalloc_fork_child(void);

// --- class stacks ---

// `bytes` up to VINE_STACK_CLASS_MAX, rounded up (vine__stack_round).
bool vine__stack_alloc(struct vine__cache *c, size_t bytes,
                       struct vine__stack *out);
void vine__stack_free(struct vine__cache *c, struct vine__stack s);

// --- reservations ---

struct vine__stack_large {
  char *lo;    // lowest usable byte; below it a guard
  char *hi;    // one past the highest
  char *base;  // the mapping, guard included
  char *low;   // lowest accessible byte
  char *fence; // a page that is inaccessible (vine__stack_fence), or null
};

// Usable size of at least max_bytes, or where address space is limited or
// short, of less, but at least min_bytes: look at lo and hi. Nothing of it is
// accessible yet, or what a former user left.
bool vine__stack_reserve(size_t min_bytes, size_t max_bytes,
                         struct vine__stack_large *out);

// Makes the topmost `bytes` accessible. They cost memory where they are
// touched, or at once where the program locks all of its memory. False: the
// kernel has none.
bool vine__stack_reserve_commit(struct vine__stack_large *l, size_t bytes);

// Gives the pages wholly below `below` back to the kernel: the stack shrank,
// and nothing under that address is live.
void vine__stack_reserve_trim(const struct vine__stack_large *l, char *below);

// Releases it; a few stay for reuse, without their pages.
void vine__stack_reserve_free(const struct vine__stack_large *l);

struct vine__stack_stats {
  size_t fixed_in_use;       // stacks
  size_t fixed_mapped_bytes; // address space of all batches
  size_t fixed_dirty_bytes;  // free, and perhaps resident
  size_t reserved_bytes;     // address space of live reservations
  size_t reserved_spares;    // reservations kept for reuse
  size_t quarantined;        // VINEDEBUG=fault=1
};
void vine__stack_read_alloc_stats(struct vine__stack_stats *out);

#endif
