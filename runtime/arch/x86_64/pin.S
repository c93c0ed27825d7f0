// SPDX-License-Identifier: MIT
// Frames that must not move: called by the functions that own them.

#include "asm.h"

// clang-format off

// void __vine_pin(void), void __vine_unpin(void): the calling function's frame
// must not move until it returns. abi/README.md section 6. Keep every register
// but %r11.
.macro PIN name, op
ENTRY \name
	IF_GROWABLE %r11, 1f
	movq	M(g)(%r11), %r11
	\op	G(pins)(%r11)
1:	ret
END \name
.endm
	PIN __vine_pin, incl
	PIN __vine_unpin, decl

	.section .note.GNU-stack,"",@progbits
