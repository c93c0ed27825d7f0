// SPDX-License-Identifier: MIT
// The side stack: where compiled code keeps locals whose address escapes.
// Objects never move (I5); abi/README.md section 2 has the compiled code's
// half of the protocol.
//
//   +--------+----------------+---------------------------+
//   | header |      free      |  objects, newest first    |
//   +--------+----------------+---------------------------+
//            ^ ss_lo          ^ ssp                       ^ ss_lo + ss_size
//
// SSP grows down. Chunks are linked newest to oldest and double from 256 B to
// 64 KiB; an object that is larger has one of hardly more than its own size.
//
// Compiled code may set SSP to any value that was current earlier in a frame
// that is still active, also across chunks (returns and longjmp do), and
// doesn't tell us. The next allocation that misses the current chunk comes
// here and finds out.
#ifndef VINE_SIDESTACK_H
#define VINE_SIDESTACK_H

#include "arch/arch.h"
#include "mem/alloc.h"

#include <stddef.h>
#include <stdint.h>

struct vine__chunk;

// Of a goroutine, or of a thread that runs compiled code. Zero is empty.
struct vine__side {
  struct vine__chunk *newest; // or null
};

// The words VINE_TCB_SSP, _SS_LO and _SS_SIZE.
struct vine__side_regs {
  uintptr_t ssp;
  uintptr_t ss_lo;
  uintptr_t ss_size;
};

// This thread's.
static inline struct vine__side_regs vine__side_regs_get(void) {
  return (struct vine__side_regs){VINE_TCB(VINE_TCB_SSP),
                                  VINE_TCB(VINE_TCB_SS_LO),
                                  VINE_TCB(VINE_TCB_SS_SIZE)};
}
static inline void vine__side_regs_set(struct vine__side_regs r) {
  VINE_TCB(VINE_TCB_SSP) = r.ssp;
  VINE_TCB(VINE_TCB_SS_LO) = r.ss_lo;
  VINE_TCB(VINE_TCB_SS_SIZE) = r.ss_size;
}

// In place of a cache: chunks are mappings of their own. For signal handlers,
// which must not take the allocator's locks: the code that they interrupt may
// hold them.
#define VINE_SIDE_MAPPED ((struct vine__cache *)UINTPTR_MAX)

// Allocates n bytes (a multiple of 16, not 0) below r->ssp or in another
// chunk, sets *r to the chunk and the new SSP, and returns it. First frees the
// chunks that are newer than r->ssp's. Null when there is no memory; then r is
// unchanged. The caller checks the goroutine's limit (vine__side_bytes).
void *vine__side_alloc_sys(struct vine__side *s, struct vine__cache *c,
                           size_t n, struct vine__side_regs *r);

// The words for an s that is filled down to ssp, whatever they were last.
struct vine__side_regs vine__side_regs_at(const struct vine__side *s,
                                          uintptr_t ssp);

// The lowest object that the oldest chunk has room for: near the locals of the
// outermost functions. 0 when there is no chunk.
uintptr_t vine__side_oldest(const struct vine__side *s);

// Bytes of all chunks, the spare not counted.
size_t vine__side_bytes(const struct vine__side *s);

// Bytes of the chunk that ssp lies in and of all older ones: the newer ones are
// dead, though nobody has freed them yet.
size_t vine__side_bytes_at(const struct vine__side *s, uintptr_t ssp);

// Frees everything; *s is empty afterwards, and so must the words be.
void vine__side_release(struct vine__side *s, struct vine__cache *c);

// For a goroutine that parks for long: frees what no live object needs, the
// spare too, and sets *r (zero, when no object is live at all).
void vine__side_trim(struct vine__side *s, struct vine__cache *c,
                     struct vine__side_regs *r);

// Whether the chain of chunks is sound (SIDE1 to SIDE3).
bool vine__side_is_valid(const struct vine__side *s);

#endif
