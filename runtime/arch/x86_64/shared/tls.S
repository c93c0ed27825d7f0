// SPDX-License-Identifier: MIT
// libvine_shared.a: how a shared library's code finds its thread-local
// variables (compiler/pass/DynamicTls.cpp).
//
// What the C library calls for that may allocate. So it is foreign code, which
// runs on the system stack. A program has a __vine_tls of its own, which knows
// that its linker replaced that call.

// void *__vine_tls(void): the result is that of what r11 points to, which is
// called as a C function without arguments.
	.text
	.p2align 4
	.globl __vine_tls
	.hidden __vine_tls
	.type __vine_tls, @function
__vine_tls:
	jmp *__vine_foreign@GOTPCREL(%rip)
	.size __vine_tls, . - __vine_tls

	.section .note.GNU-stack,"",@progbits
