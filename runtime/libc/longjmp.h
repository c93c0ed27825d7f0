// SPDX-License-Identifier: MIT
// Whose a jmp_buf is.
#ifndef VINE_JMP_H
#define VINE_JMP_H

#include "arch/arch.h"

#include <stdbool.h>

// Whether Vine's setjmp filled buf, and this goroutine.
bool vine__jmp_is_mine(const struct vine__jmpbuf *buf);
_Noreturn void vine__jmp_fatal(void);

#endif
