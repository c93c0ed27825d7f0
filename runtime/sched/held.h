// SPDX-License-Identifier: MIT
// Which foreign calls hold threads: how often the watchdog had to take a
// processor from a thread in each of them. What parks instead isn't here; so it
// tells what still blocks a program's threads.
//
// How it works. The thread that returns, and finds its processor gone, counts
// (foreign.c): that is slow anyway. Its goroutine's frame record has the return
// address, the instruction before that says where the call led, to a
// thunk of the function's, and that is what is counted by. Names are found by
// who asks (observe/held.c).
#ifndef VINE_HELD_H
#define VINE_HELD_H

#include "base/atomic.h"
#include "base/export.h"

#include <stdint.h>

struct m;

struct vine__held {
  _Atomic uintptr_t call; // what a call instruction led to; 0: none yet
  _Atomic uint64_t times;
};

// Programs call fewer functions that block. What finds no place, or comes from
// no call instruction, counts in the last one, whose `call` stays 0.
#define VINE_HELD_MAX 256
extern VINE_HIDDEN struct vine__held vine__held[VINE_HELD_MAX + 1];

// This thread's goroutine has returned from a call that lost its processor. The
// call's record is at m->gsp.
void vine__held_note(struct m *m);

#endif
