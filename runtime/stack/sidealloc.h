// SPDX-License-Identifier: MIT
// The side stacks of signal handlers. sidealloc.c has the slow path of all
// side-stack allocation (vine__side_slow, arch/upcalls.h).
#ifndef VINE_SIDEALLOC_H
#define VINE_SIDEALLOC_H

#include "g.h"

#include <stdbool.h>

// The side stack of one call of a signal handler, in the frame that calls it.
// Its objects lie in memory that the thread has for handlers, [lo, hi), since a
// handler may take no lock, and must not change a list of chunks that the code
// under it may be about to change: that of its thread, or of another handler.
// What doesn't fit goes into mappings.
struct vine__handler_side {
  uintptr_t lo, hi;
  // Where SSP was when objects first had to lie elsewhere; until then hi. A
  // handler that comes on top takes what is below.
  volatile uintptr_t left_at;
  struct vine__side more; // mapped chunks
};

// Of the innermost handler on this thread, or null.
extern __thread struct vine__handler_side *vine__handler_side
    __attribute__((tls_model("initial-exec")));

// The lowest address in [lo, hi) that a handler with this side stack may use,
// when this thread's words say `ssp`.
static inline uintptr_t
vine__handler_side_top(const struct vine__handler_side *h, uintptr_t ssp) {
  return h->lo <= ssp && ssp <= h->hi ? ssp : h->left_at;
}

// Room on the running goroutine's side stack for n bytes that a function of
// net/calls takes at once, so that the lack of it isn't the program's end.
// Compiled code calls these, on the goroutine's stack: they are entry stubs
// (api/entry.def).
struct vine__side_room {
  uintptr_t ssp; // before
};
// False: there is no memory, or the goroutine's limit is less.
bool __vine_side_open(struct vine__side_room *room, size_t n);
// What lies there is dead: the memory goes back at once.
void __vine_side_close(struct vine__side_room *room);

bool vine__side_open_sys(struct vine__side_room *room, size_t n);
void vine__side_close_sys(struct vine__side_room *room);

#endif
