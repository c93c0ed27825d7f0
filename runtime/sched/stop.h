// SPDX-License-Identifier: MIT
// Stopping the world, and the number of processors. stop.c tells how.
#ifndef VINE_STOP_H
#define VINE_STOP_H

#include "g.h"

// Ps for all numbers below n, and heaps for them. 0 or -ENOMEM.
int vine__procs_make(uint32_t n);

// Returns when no P but that of `self` (null: a thread without one) runs
// anything. One thread at a time.
void vine__world_stop(struct m *self);
void vine__world_start(struct m *self);
// Stops it, unless somebody else has: then false. And lets it go on.
bool vine__world_try_pause(struct m *self);
void vine__world_resume(struct m *self);
// Stops the world for good: threads end. A plain thread.
void vine__world_end(void);

// In a forked child, which whoever stopped the world is not part of.
void vine__stop_fork_child(void);

#endif
