// SPDX-License-Identifier: MIT
// Macros for Vine's assembly: function framing and the two stack switches that
// every routine is made of.
#ifndef VINE_ARCH_ASM_H
#define VINE_ARCH_ASM_H

#include "offsets.h"
#include "vine_abi.h"

// clang-format off

// FUNC name: a runtime routine that compiled code may call on a goroutine's
// stack. It carries the magic, so that the foreign thunk jumps straight to it.
.macro FUNC name
	.text
	.p2align 4
	.quad VINE_MAGIC
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc
.endm

.macro ENDFUNC name
	.cfi_endproc
	.size \name, . - \name
.endm

// RETURN_ADDRESS name, shown: what follows is returned to, never called.
// Unwinders look up the byte before a return address: here a nop, with the
// same unwinding rules and in a function of its own, `shown`, so that gdb and
// perf have a name to print that says what comes here.
.macro RETURN_ADDRESS name, shown
	.type \shown, @function
\shown:
	nop
	.size \shown, . - \shown
	.globl \name
	.hidden \name
	.type \name, @function
\name:
.endm

// HIDDEN name: not visible to shared libraries.
.macro HIDDEN name
	.hidden \name
.endm

// The six registers of a context, below the frame record. %rsp points at the
// context afterwards: r15 r14 r13 r12 rbx rbp ret.
.macro PUSH_CONTEXT
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.cfi_offset %rbx, -24
	.cfi_offset %r12, -32
	.cfi_offset %r13, -40
	.cfi_offset %r14, -48
	.cfi_offset %r15, -56
.endm

.macro POP_CONTEXT
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa %rsp, 8
.endm

// The argument registers and the callee-saved ones but rbp, rax and r10, into
// the struct vine__regs at %rsp. m is in %rax already: rax is saved apart.
.macro SAVE_GPRS
	movq	%rdi, R_DI(%rsp)
	movq	%rsi, R_SI(%rsp)
	movq	%rdx, R_DX(%rsp)
	movq	%rcx, R_CX(%rsp)
	movq	%r8, R_R8(%rsp)
	movq	%r9, R_R9(%rsp)
	movq	%rbx, R_BX(%rsp)
	movq	%r12, R_R12(%rsp)
	movq	%r13, R_R13(%rsp)
	movq	%r14, R_R14(%rsp)
	movq	%r15, R_R15(%rsp)
.endm

.macro RESTORE_GPRS
	movq	R_DI(%rsp), %rdi
	movq	R_SI(%rsp), %rsi
	movq	R_DX(%rsp), %rdx
	movq	R_CX(%rsp), %rcx
	movq	R_R8(%rsp), %r8
	movq	R_R9(%rsp), %r9
	movq	R_BX(%rsp), %rbx
	movq	R_R12(%rsp), %r12
	movq	R_R13(%rsp), %r13
	movq	R_R14(%rsp), %r14
	movq	R_R15(%rsp), %r15
	movq	R_AX(%rsp), %rax
.endm

.macro EACH_VEC op, reg, store
	.irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	.if \store
	\op	%\reg\i, (R_VEC + 64 * \i)(%rsp)
	.else
	\op	(R_VEC + 64 * \i)(%rsp), %\reg\i
	.endif
	.endr
.endm

// All sixteen vector registers in the machine's full width. Clobbers flags.
.macro MOVE_VECS store
	cmpl	$32, vine__vector_bytes(%rip)
	ja	.Lzmm\@
	je	.Lymm\@
	EACH_VEC movaps, xmm, \store
	jmp	.Lvecs\@
.Lymm\@:
	EACH_VEC vmovaps, ymm, \store
	jmp	.Lvecs\@
.Lzmm\@:
	EACH_VEC vmovaps, zmm, \store
.Lvecs\@:
.endm

// clang-format on
#endif
