// SPDX-License-Identifier: MIT
// The executable's half of a check that fails in a shared library; see
// shared/morestack.S.
#include "asm.h"

	.text
	.p2align 4
	.globl __vine_morestack
	.type __vine_morestack, @function
// Registers and stack: as for __morestack.
__vine_morestack:
	jmp __morestack
	.size __vine_morestack, . - __vine_morestack

	.section .note.GNU-stack,"",@progbits
