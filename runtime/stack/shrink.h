// SPDX-License-Identifier: MIT
// Smaller stacks for goroutines that wait. The caller holds g's SCAN bit, or
// is parking or running g. c: the caller's cache, or null.
#ifndef VINE_SHRINK_H
#define VINE_SHRINK_H

#include "g.h"

// Moves g to a smaller stack if it uses little of its own. Whether it did.
bool vine__stack_shrink(struct g *g, struct vine__cache *c);

// Packs g's frames into a block and frees its stack. False: it can't.
bool vine__stack_hibernate(struct g *g, struct vine__cache *c);

// Gives g, which hibernates, a stack. No memory is fatal.
void vine__stack_wake(struct g *g, struct vine__cache *c);

// How many of each there have been.
struct vine__scan_counts {
  _Atomic uint64_t shrinks, hibernations, wakes;
};
extern struct vine__scan_counts vine__scan_counts;

#endif
