// SPDX-License-Identifier: MIT
// Fibers: stacks that Vine didn't make, and on which goroutines and threads run
// where they are. A program makes one with makecontext (libc/ucontext.c), and
// foreign code in ways of its own (sched/guest.c).
//
// On a fiber there are no checks (the guard is 0), foreign calls are plain
// jumps, and stack positions are addresses, as on a fixed stack: the fiber's
// stack has the size that its maker gave it, and never moves. Locals whose
// address is taken live on a side stack of the fiber's own, since fibers take
// turns in any order.
#ifndef VINE_FIBER_H
#define VINE_FIBER_H

#include "g.h"

struct vine__fiber {
  // Counts how often this struct became another fiber: what was saved of an
  // earlier one has another number. Known to setjmp.S.
  uint32_t generation;
  // Of a callback on a stack of foreign code's (sched/guest.c): the side
  // stack's words around it, and where it returns to. `lo` is where it began.
  // Known to guest.S.
  struct vine__side_regs outside;
  uintptr_t ret;
  uintptr_t lo, hi; // its stack
  struct vine__side side;
  const void *link; // makecontext: what goes on when its function returns
  struct vine__fiber *next; // in the table, or free
};

// The one whose stack begins at lo; null without memory. One that was there
// before has come to its end without telling: its side stack is freed.
struct vine__fiber *vine__fiber_new(uintptr_t lo, uintptr_t hi);

// f has come to its end, and nothing runs on it.
void vine__fiber_end(struct vine__fiber *f);

// What g runs on or, when g is null, this thread. Null: a stack of its own.
struct vine__fiber *vine__fiber_current(const struct g *g);

// Makes f (or null) that, with the side stack filled down to ssp. The side
// stack's words of this thread become f's.
void vine__fiber_enter(struct g *g, struct vine__fiber *f, uintptr_t ssp);

// g ends, wherever it runs.
void vine__fiber_leave(struct g *g);

// This thread's own side stack, for when it runs no goroutine: sidealloc.c.
struct vine__side *vine__side_of_thread(void);

// The side stack on which g or, when g is null, this thread allocates now.
struct vine__side *vine__fiber_side(struct g *g);

void vine__fiber_fork_prepare(void);
void vine__fiber_fork_parent(void);
void vine__fiber_fork_child(void);

#endif
