// SPDX-License-Identifier: MIT
// Whose a jmp_buf is, and going back to a place on a goroutine's stack.
#ifndef VINE_JMP_H
#define VINE_JMP_H

#include "arch/arch.h"

#include <stdbool.h>

struct m;

// A place on a goroutine's growable stack, to which longjmp and setcontext go.
struct vine__home {
  uint64_t sp_off;  // from the stack's top
  uint64_t sys_off; // how deep in callbacks: m->base_sp - m->sys_sp
  uint32_t pins;
  uint16_t segs;
};

// Whether m's goroutine can go there: nobody has returned from there.
bool vine__home_is_valid(const struct m *m, const struct vine__home *h);
// Makes it so, with m->call_sp 1: later callbacks and segments are gone.
void vine__home_unwind(struct m *m, const struct vine__home *h);

// Whether Vine's setjmp filled buf, and this goroutine.
bool vine__jmp_is_mine(const struct vine__jmpbuf *buf);
_Noreturn void vine__jmp_fatal(void);

// This thread is about to jump to where the C library's setjmp filled buf: what
// the runtime has of later callbacks goes. False: it can't jump there.
bool vine__jmp_leave_for_foreign(const void *buf);
// Then jumps there.
_Noreturn void vine__jmp_to_foreign(const void *buf, int val);

#endif
