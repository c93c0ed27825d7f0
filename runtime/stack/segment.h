// SPDX-License-Identifier: MIT
// Linked segments: more stack for a goroutine whose frames can't move.
//
//     hi  -> +-------------------------------+
//            | struct vine__segment          |  the stack that it continues
//            | the body's stack arguments    |  a copy
//            | vine__segment_return          |  the body's return address
//            | the body's frame, and deeper  |  the body's frame pointer is
//            | ones                          |  that of its caller
//     lo  -> +-------------------------------+
#ifndef VINE_SEGMENT_H
#define VINE_SEGMENT_H

#include "stack/stack.h"

// At the top of a segment.
struct vine__segment {
  struct vine__stack_aside older;
  uintptr_t slot; // in the older stack: where the return address is
  uint32_t pins;  // of the older stack
};

// The one that ends at `hi`.
static inline struct vine__segment *vine__segment_at(uintptr_t hi) {
  return (struct vine__segment *)(hi - sizeof(struct vine__segment));
}

// Continues g's stack on a new segment, for the body whose check trapped with
// regs. `slot` is where the address is, on the stack as it is, that the body
// returns to in the end. Returns the body's stack pointer on entry.
uintptr_t vine__segment_push(struct m *m, struct g *g, struct vine__regs *regs,
                             uintptr_t slot);

// Frees all but the oldest `depth` segments.
void vine__segments_unwind(struct g *g, struct vine__cache *c, unsigned depth);

// How large g's newest stack may become within the limit for all of them.
// Fatal when that is less than `need`.
size_t vine__segments_room(struct g *g, size_t need);

// Where the first function on the segment that ends at `hi` returns to: what
// vine__segment_return stands for.
uintptr_t vine__segment_caller(uintptr_t hi);

#endif
