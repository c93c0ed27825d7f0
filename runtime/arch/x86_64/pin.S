// SPDX-License-Identifier: MIT
// Frames that must not move: called by the functions that own them.

#include "asm.h"

// clang-format off

// void __vine_pin(void), void __vine_unpin(void): the calling function's frame
// must not move until it returns. abi/README.md section 6.
.macro PIN name, op
FUNC \name
	movq	%fs:VINE_TCB_M, %r11
	testq	%r11, %r11
	jz	1f
	cmpq	$1, M_CALL_SP(%r11)
	jbe	1f
	movq	M_G(%r11), %r11
	\op	G_PINS(%r11)
1:	ret
ENDFUNC \name
.endm
	PIN __vine_pin, incl
	PIN __vine_unpin, decl

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
