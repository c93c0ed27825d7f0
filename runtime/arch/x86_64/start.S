// SPDX-License-Identifier: MIT
// The two ends of a goroutine's life: where a new one starts, and what its
// function, or main, returns to.

#include "asm.h"

// clang-format off

// The context of a new goroutine returns here: rbx the function, r12 to r15 its
// arguments. rsp is at the return address that ends the goroutine. A function
// that isn't instrumented runs as a foreign call (vine_go of one), or right
// here on a fixed stack.
//
// The call writes what is there already, vine__goexit. It is for the processor:
// a `ret` that no call belongs to is predicted wrongly, a seventh of what a
// short goroutine costs. main returns elsewhere, once.
ROUTINE vine__gostart
	.cfi_undefined %rip
	movq	%r12, %rdi
	movq	%r13, %rsi
	movq	%r14, %rdx
	movq	%r15, %rcx
	xorl	%ebp, %ebp
	movq	%rbx, %r10
	leaq	vine__goexit(%rip), %rax
	cmpq	%rax, (%rsp)
	jne	__vine_icall
	addq	$8, %rsp
END vine__gostart

// Return address of a goroutine's function, on any kind of stack.
RETURN_ADDRESS vine__goexit, vine__goroutine, none, __vine_icall
	movq	%fs:TCB(M), %rdi
	movq	M(sys_sp)(%rdi), %rsp
	movq	$1, M(call_sp)(%rdi)
	xorl	%ebp, %ebp
	call	vine__goexit_sys
	ud2
END vine__goexit

// Return address of main: exit(result), as a foreign call, so that atexit
// functions run and may be instrumented.
RETURN_ADDRESS vine__main_return, vine__main_goroutine, none
	movl	%eax, %edi
	subq	$16, %rsp	// aligned at the call, should it be a jump
	leaq	vine__main_exit(%rip), %r11
	call	__vine_foreign
	ud2
END vine__main_return

	.section .note.GNU-stack,"",@progbits
