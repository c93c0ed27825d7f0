// SPDX-License-Identifier: MIT
// libvine_shared.a: what each instrumented shared library has of the runtime.
//
// The prologue calls __morestack by that name, and were it left undefined,
// the linker would take libgcc's, which links segments and whose constructor
// writes the guard. So each shared library has a hidden one, which goes on to
// the executable's; a jump leaves the registers and the stack as they are.

	.text
	.p2align 4
	.globl __morestack
	.hidden __morestack
	.type __morestack, @function
__morestack:
	jmp *__vine_morestack@GOTPCREL(%rip)
	.size __morestack, . - __morestack

	.section .note.GNU-stack,"",@progbits
