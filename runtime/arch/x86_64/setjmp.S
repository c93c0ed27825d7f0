// SPDX-License-Identifier: MIT
// setjmp and longjmp on stacks that move. abi/README.md section 5.
//
// On a growable stack, stack positions are stored as distances from its top,
// so a move in between needs no adjusting; elsewhere as they are. J_CHECK
// binds the buffer to the goroutine (or thread) that filled it. Every field
// that longjmp reads is written: what was in the buffer before is arbitrary.

#include "asm.h"

// clang-format off

#define J_SECRET 0x5ac3b10fd1a7e9c4

// int __vine_setjmp(void *buf)
ENTRY __vine_setjmp
	movq	$0, J_MASK_SAVED(%rdi)
.Lset:	movq	%rbx, J_BX(%rdi)
	movq	%r12, J_R12(%rdi)
	movq	%r13, J_R13(%rdi)
	movq	%r14, J_R14(%rdi)
	movq	%r15, J_R15(%rdi)
	movq	(%rsp), %rax
	movq	%rax, J_IP(%rdi)
	movq	%fs:VINE_TCB_SSP, %rax
	movq	%rax, J_SSP(%rdi)
	movq	$0, J_GROWABLE(%rdi)
	movq	$0, J_SYS_OFF(%rdi)
	leaq	8(%rsp), %rcx
	movq	%rbp, %rdx
	movq	%fs:0x10, %rsi
	movq	%fs:VINE_TCB_M, %rax
	testq	%rax, %rax
	jz	1f
	cmpq	$0, M_G(%rax)
	je	1f
	movq	M_G(%rax), %rsi
	cmpq	$1, M_CALL_SP(%rax)
	jbe	1f
	movq	$1, J_GROWABLE(%rdi)
	movzwl	G_SEGS(%rsi), %r8d
	movw	%r8w, (J_GROWABLE + 2)(%rdi)
	movl	G_PINS(%rsi), %r8d
	movl	%r8d, (J_GROWABLE + 4)(%rdi)
	movq	M_BASE_SP(%rax), %r8
	subq	M_SYS_SP(%rax), %r8
	movq	%r8, J_SYS_OFF(%rdi)
	movq	G_HI(%rsi), %r8
	subq	%r8, %rcx
	negq	%rcx
	testq	%rdx, %rdx
	jz	1f
	subq	%r8, %rdx
	negq	%rdx
1:	movq	%rcx, J_SP(%rdi)
	movq	%rdx, J_BP(%rdi)
	movabsq	$J_SECRET, %rax
	xorq	%rsi, %rax
	movq	%rax, J_CHECK(%rdi)
	xorl	%eax, %eax
	ret
END __vine_setjmp

// int __vine_sigsetjmp(void *buf, int savemask): as setjmp, and the signal
// mask is kept too. The call that saves it is a foreign one.
ENTRY __vine_sigsetjmp
	testl	%esi, %esi
	jz	__vine_setjmp
	pushq	%rdi
	.cfi_def_cfa_offset 16
	leaq	vine__jmp_save_mask(%rip), %r11
	call	__vine_foreign
	popq	%rdi
	.cfi_def_cfa_offset 8
	jmp	.Lset
END __vine_sigsetjmp

// void __vine_longjmp(void *buf, int val): C checks the buffer and unwinds
// callbacks, segments and pins (vine__longjmp_sys, on the system stack, or on
// the current one if that isn't a goroutine's); the rest is loads.
ENTRY __vine_longjmp
	PUSH_CONTEXT // for a traceback, should the buffer be bad
	movq	%rdi, %rbx
	movl	%esi, %r12d
	movabsq	$J_SECRET, %rdx
	IF_GROWABLE %rsi, 1f
	movq	M_G(%rsi), %rcx
	movq	%rsp, G_SP(%rcx)
	TO_SYSTEM_STACK %rsi
1:	andq	$-16, %rsp
	call	vine__longjmp_sys
	// rax: the top that positions count from, or 0.
	movq	%rbx, %rdi
	movq	J_SP(%rdi), %rcx
	movq	J_BP(%rdi), %rbp
	testq	%rax, %rax
	jz	3f
	negq	%rcx
	addq	%rax, %rcx
	testq	%rbp, %rbp
	jz	2f
	negq	%rbp
	addq	%rax, %rbp
2:	movq	%fs:VINE_TCB_M, %rdx
	TO_GOROUTINE_STACK %rdx, %r8, %r8
3:	movq	%rcx, %rsp
	movq	J_SSP(%rdi), %rcx
	movq	%rcx, %fs:VINE_TCB_SSP
	movl	%r12d, %eax
	testl	%eax, %eax
	jnz	4f
	incl	%eax
4:	movq	J_BX(%rdi), %rbx
	movq	J_R12(%rdi), %r12
	movq	J_R13(%rdi), %r13
	movq	J_R14(%rdi), %r14
	movq	J_R15(%rdi), %r15
	notrack jmp *J_IP(%rdi)
END __vine_longjmp

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
