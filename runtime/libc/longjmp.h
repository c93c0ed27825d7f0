// SPDX-License-Identifier: MIT
// Called from setjmp.S.
#ifndef VINE_JMP_H
#define VINE_JMP_H

#include "arch/arch.h"

#include <stdbool.h>

// Checks buf and unwinds to where it was filled. Returns the stack top that
// its positions count from, or 0 when they are addresses.
uintptr_t vine__longjmp_sys(struct vine__jmpbuf *buf);
void vine__jmp_save_mask(struct vine__jmpbuf *buf);

// Whether Vine's setjmp filled buf, and this goroutine.
bool vine__jmp_is_mine(const struct vine__jmpbuf *buf);
_Noreturn void vine__jmp_fatal(void);

#endif
