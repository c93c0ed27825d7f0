// SPDX-License-Identifier: MIT
// The two ends of a goroutine's life: where a new one starts, and what its
// function, or main, returns to.

#include "asm.h"

// clang-format off

// The context of a new goroutine returns here: rbx the function, r12 to r15 its
// arguments. rsp is at the return address that ends the goroutine. A function
// that isn't instrumented runs as a foreign call (vine_go of one), or right
// here on a fixed stack.
	.p2align 4
	.globl vine__gostart
	.hidden vine__gostart
	.type vine__gostart, @function
vine__gostart:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%r12, %rdi
	movq	%r13, %rsi
	movq	%r14, %rdx
	movq	%r15, %rcx
	xorl	%ebp, %ebp
	movq	%rbx, %r10
	jmp	__vine_icall
	.cfi_endproc
	.size vine__gostart, . - vine__gostart

// Return address of a goroutine's function.
	.p2align 4
	.cfi_startproc
	.cfi_undefined %rip
	RETURN_ADDRESS vine__goexit, vine__goroutine
	movq	%fs:VINE_TCB_M, %rdi
	movq	M_SYS_SP(%rdi), %rsp
	movq	$1, M_CALL_SP(%rdi)
	xorl	%ebp, %ebp
	call	vine__goexit_sys
	ud2
	.cfi_endproc
	.size vine__goexit, . - vine__goexit

// Return address of main: exit(result), as a foreign call, so that atexit
// functions run and may be instrumented.
	.p2align 4
	.cfi_startproc
	.cfi_undefined %rip
	RETURN_ADDRESS vine__main_return, vine__main_goroutine
	movl	%eax, %edi
	subq	$16, %rsp	// aligned at the call, should it be a jump
	leaq	vine__main_exit(%rip), %r11
	call	__vine_foreign
	ud2
	.cfi_endproc
	.size vine__main_return, . - vine__main_return

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
