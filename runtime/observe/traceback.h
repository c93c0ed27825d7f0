// SPDX-License-Identifier: MIT
// Walking and printing a goroutine's frames, by the chain of saved frame
// pointers that every instrumented function keeps.
//
// A frame record is two words, at the frame pointer: the caller's frame
// pointer, 0 where the chain ends, and the return address.
//
// Never faults, whatever the chain holds: a record is read only if it lies
// inside the stack, is aligned, and is above the one before. So a walk ends
// after at most (hi - lo) / 16 frames. The stack must not change meanwhile.
//
// Runs on any stack but the one it walks past the end of; allocates nothing.
#ifndef VINE_TRACEBACK_H
#define VINE_TRACEBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A chain that changes stacks more often than this is taken for a circle.
#define VINE_FRAMES_HOPS_MAX 10000

// A walk. Start by filling it in; pc is then the innermost frame's.
//
// vine__bounce_return, as pc or in the chain, stands for foreign code: frames
// on a system stack, of which nothing is known.
struct vine__frames {
  uintptr_t pc;   // a return address
  bool exact;     // but this one: pc is the next instruction to run
  uintptr_t then; // the caller's pc, if the chain doesn't have it; else 0
  uintptr_t fp;
  uintptr_t lo; // the stack that records may lie in
  uintptr_t hi;
  // Optional. The frames were copied and their records still hold addresses of
  // where they were, [was_lo, was_hi): `moved` is to be added to those.
  uintptr_t was_lo, was_hi, moved;
  // Optional. Called when fp lies outside [lo, hi): if the chain goes on in
  // another stack (a linked segment, the system stack of a callback), sets
  // w->lo and w->hi to it and returns true.
  bool (*other_stack)(struct vine__frames *w, void *arg);
  // Optional. Called for vine__segment_return: what it stands for.
  uintptr_t (*segment_caller)(const struct vine__frames *w, void *arg);
  void *arg;
  uint32_t hops; // changes of stack so far, at most VINE_FRAMES_HOPS_MAX
};

// What a record says its caller's frame pointer is, as far as this walk goes.
static inline uintptr_t vine__frames_here(const struct vine__frames *w,
                                          uintptr_t fp) {
  return w->was_lo <= fp && fp < w->was_hi ? fp + w->moved : fp;
}

// Moves on to the caller. False at the end of the chain, and where the chain
// is broken.
bool vine__frames_next(struct vine__frames *w);

// Calls fn(arg, pc) for every frame from the innermost; stops when it returns
// false. pc of all but the first are return addresses. Returns how many.
size_t vine__traceback_frames(uintptr_t pc, uintptr_t fp, uintptr_t lo,
                              uintptr_t hi, bool (*fn)(void *arg, uintptr_t pc),
                              void *arg);

// What is printed of one goroutine.
struct vine__traceback {
  uint64_t goid;
  const char *name;   // or null
  const char *status; // "running", "chan receive" ...; stays
  const char *detail; // what follows it, or null
  int64_t waited_ns;  // seconds are printed, minutes from the first on
  bool locked;        // to its thread
  uintptr_t entry;    // its function, which is the last to be printed; 0: none
  struct vine__frames frames;
};

// Frames printed at each end when a traceback is cut in the middle.
#define VINE_TRACEBACK_ENDS 50

// To standard error, as Go does:
//
//   goroutine 7 [chan receive, 3 minutes]:
//   	consume+0x1a
//   	(foreign code)
//   	main+0x44
//
// A function that ended in a tail call has no frame. The goroutine's first one
// is printed all the same, without an offset.
//
// Above 2 * VINE_TRACEBACK_ENDS frames, the innermost and the outermost, and
// between them "...N frames elided...".
void vine__traceback_print(const struct vine__traceback *t);

// A number that is the same for equal frames, states and names.
uint64_t vine__traceback_hash(const struct vine__traceback *t);

#endif
