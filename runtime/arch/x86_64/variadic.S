// SPDX-License-Identifier: MIT
// The entry of variadic functions: builds their argument area on the side
// stack, where it never moves, and goes on to the body with its address.
// abi/README.md section 4.

#include "asm.h"

// clang-format off

// Called as a function that isn't variadic it has no arguments on the stack,
// and finds in r10 its own address (__vine_icall) or the magic
// (__vine_foreign), for N. Both are above MAX_PLAIN_N. An N is below 2^31; an
// address may be, too, but ends in 8, for the magic's sake, by which an N that
// large would ask for an alignment of 16 KB.
#define MAX_PLAIN_N 0xffff

// r11 descriptor; r10 N, bytes of stack arguments, if this thread is on a
// growable stack (else unknown, and not needed: other stacks don't move, so
// the va_list points at the arguments themselves).
ENTRY __vine_variadic
	cmpq	$MAX_PLAIN_N, %r10
	ja	.Lmuch
.Lknown_n:
	PUSH_FRAME_RECORD
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rdx		// later: the SSP that the body leaves
	// r10 = bytes to copy, at most up to the top of the stack; rdx = 0 or, to
	// tell that they are, the alignment of the copy; rcx: that isn't 64.
	IF_GROWABLE %rax, 1f
	movq	M(g)(%rax), %rax
	movq	G(hi)(%rax), %rax
	subq	%rbp, %rax
	subq	$16, %rax
	SPLIT_ARGS %r10, %rdx
	cmpq	%rax, %r10
	cmovaq	%rax, %r10
	jmp	2f
1:	xorl	%r10d, %r10d
	xorl	%edx, %edx
2:	pushq	%rdx
	pushq	%rcx
	leaq	(VINE_VA_OVERFLOW + 15)(%r10,%rdx), %rcx
	andq	$-16, %rcx
	movq	%fs:TCB(SSP), %rax
	movq	%rax, %rdx
	subq	%fs:TCB(SS_LO), %rdx
	cmpq	%fs:TCB(SS_SIZE), %rdx
	ja	3f
	cmpq	%rcx, %rdx
	jb	3f
	subq	%rcx, %rax
	movq	%rax, %fs:TCB(SSP)
	jmp	4f
3:	pushq	%rdi
	pushq	%r11
	movq	%rcx, %rdi
	call	__vine_side_alloc
	popq	%r11
	popq	%rdi
	// The end of the area, not the SSP found: the next call needs no new chunk.
	// va_arg rounds the overflow pointer up for over-aligned types: the copy
	// must be equal to the original modulo 64, or aligned. There is room.
4:	addq	%rax, %rcx
	movq	%rcx, -32(%rbp)
	popq	%rcx
	popq	%rdx
	testq	%rdx, %rdx
	jz	9f
	testl	%ecx, %ecx
	leaq	16(%rbp), %rcx
	jz	8f
	xorl	%ecx, %ecx
8:	subq	$VINE_VA_OVERFLOW, %rcx
	subq	%rax, %rcx
	decq	%rdx
	andq	%rdx, %rcx
	addq	%rcx, %rax
9:	// rax = area. The register save area.
	movq	%rdi, (VINE_VA_REGS + 0)(%rax)
	movq	%rsi, (VINE_VA_REGS + 8)(%rax)
	movq	-24(%rbp), %rcx
	movq	%rcx, (VINE_VA_REGS + 16)(%rax)
	movq	-16(%rbp), %rcx
	movq	%rcx, (VINE_VA_REGS + 24)(%rax)
	movq	%r8, (VINE_VA_REGS + 32)(%rax)
	movq	%r9, (VINE_VA_REGS + 40)(%rax)
	cmpb	$0, -8(%rbp)
	je	5f
	movaps	%xmm0, (VINE_VA_REGS + 48)(%rax)
	movaps	%xmm1, (VINE_VA_REGS + 64)(%rax)
	movaps	%xmm2, (VINE_VA_REGS + 80)(%rax)
	movaps	%xmm3, (VINE_VA_REGS + 96)(%rax)
	movaps	%xmm4, (VINE_VA_REGS + 112)(%rax)
	movaps	%xmm5, (VINE_VA_REGS + 128)(%rax)
	movaps	%xmm6, (VINE_VA_REGS + 144)(%rax)
	movaps	%xmm7, (VINE_VA_REGS + 160)(%rax)
	// The va_list and the SSP that the body leaves.
5:	movl	VINE_VDESC_GP(%r11), %ecx
	movl	%ecx, (VINE_VA_LIST + 0)(%rax)
	movl	VINE_VDESC_FP(%r11), %ecx
	movl	%ecx, (VINE_VA_LIST + 4)(%rax)
	leaq	VINE_VA_REGS(%rax), %rcx
	movq	%rcx, (VINE_VA_LIST + 16)(%rax)
	movq	-32(%rbp), %rcx
	movq	%rcx, VINE_VA_SAVED_SSP(%rax)
	testl	%edx, %edx
	leaq	VINE_VA_OVERFLOW(%rax), %rcx
	leaq	16(%rbp), %rdx
	cmoveq	%rdx, %rcx
	movslq	VINE_VDESC_NAMED(%r11), %rdx
	addq	%rdx, %rcx
	movq	%rcx, (VINE_VA_LIST + 8)(%rax)
	// Copy r10 bytes.
6:	subq	$8, %r10
	jb	7f
	movq	16(%rbp,%r10), %rcx
	movq	%rcx, VINE_VA_OVERFLOW(%rax,%r10)
	jmp	6b
7:	movq	%rax, %r10
	movq	VINE_VDESC_BODY(%r11), %r11
	movq	-24(%rbp), %rdx
	movq	-16(%rbp), %rcx
	movq	-8(%rbp), %rax
	movq	%rbp, %rsp
	POP_FRAME_RECORD
	jmp	*%r11
.Lmuch:	pushq	%r10
	.cfi_adjust_cfa_offset 8
	shrq	$31, %r10
	jnz	10f
	movl	(%rsp), %r10d
	andl	$15, %r10d
	cmpl	$8, %r10d
	je	10f
	popq	%r10
	.cfi_adjust_cfa_offset -8
	jmp	.Lknown_n
	.cfi_adjust_cfa_offset 8
10:	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	xorl	%r10d, %r10d
	jmp	.Lknown_n
END __vine_variadic

	.section .note.GNU-stack,"",@progbits
