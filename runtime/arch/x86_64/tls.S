// SPDX-License-Identifier: MIT
// Addresses of thread-local variables in code that was compiled for shared
// libraries and is in a program; see shared/tls.S.
#include "asm.h"

// Registers and stack: as there. The linker left no call behind %r11.
ROUTINE __vine_tls
	jmp	*%r11
END __vine_tls

	.section .note.GNU-stack,"",@progbits
