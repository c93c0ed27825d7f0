// SPDX-License-Identifier: MIT
// The memory that a thread has for signal handlers. sigstack.c tells why.
#ifndef VINE_SIGSTACK_H
#define VINE_SIGSTACK_H

#include "g.h"

#include <stdbool.h>

// Before the first handler is installed. Any thread, more than once.
void vine__sigstack_init(void);

// m's memory, for a thread that is yet to start. False: there is none.
bool vine__sigstack_map(struct m *m);
void vine__sigstack_unmap(struct m *m);

// The calling thread, which is m's, takes handlers on m's memory from now on.
void vine__sigstack_use(struct m *m);
// It is about to end: signals are blocked.
void vine__sigstack_leave(struct m *m);

// What is below sp, an address in m's stack, is the thread's alternate stack
// from now on: for a handler that is above sp, and has gone on elsewhere.
void vine__sigstack_below(struct m *m, uintptr_t sp);

// Makes m's stack the thread's alternate one again, after a handler that had
// put another in its place was left by a jump.
void vine__sigstack_again(struct m *m);

// The calling thread's memory for the side stacks of handlers: [lo, hi), empty
// when there is none to be had. Async-signal-safe.
void vine__sigstack_side(uintptr_t *lo, uintptr_t *hi);

#endif
