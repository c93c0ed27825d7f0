// SPDX-License-Identifier: MIT
// Guests: callbacks that run on stacks of foreign code's (sched/guest.c).
#include "asm.h"

// clang-format off

// _Noreturn void vine__guest_enter(struct vine__regs *regs, uintptr_t entry):
// the trapped function goes on after its check, on the stack where it was
// called. Sets guard and call_sp.
ROUTINE vine__guest_enter
	.cfi_undefined %rip
	movq	%rdi, %rsp
	movq	%rsi, %r10
	movq	T(orig_sp)(%rsp), %rbp
	movq	8(%rbp), %r11
	movq	(%rbp), %rbp
	movq	%fs:TCB(M), %rdx
	movq	$0, %fs:TCB(GUARD)
	movq	$0, M(call_sp)(%rdx)
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%r10, %rsp
	notrack jmp *%r11
END vine__guest_enter

// Where a guest returns to. rax, rdx, xmm0, xmm1 and st0 hold its results.
RETURN_ADDRESS vine__guest_return, vine__guest_caller, none
	pushq	%rbp	// room for the return address
	pushq	%rbp
	movq	%rsp, %rbp
	PUSH_REGS
	movq	%rax, R(ax)(%rsp)
	call	vine__guest_end
	movq	%rax, 8(%rbp)
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%rbp, %rsp
	popq	%rbp
	ret
END vine__guest_return

// A guest's foreign call. r11 target, r10 N, at most N bytes of arguments on
// the stack, which are copied. Around the call all is as it is around the
// guest, on whichever thread it returns. Clobbers what a C call may; keeps
// results.
//   -8 -16 -24  rax rcx rdx   -32 the fiber  -40 m->guest
//   -48 -56 -64 the side stack's words
ROUTINE vine__guest_call
	PUSH_FRAME_RECORD
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	movq	%fs:TCB(M), %rax
	movq	M(g)(%rax), %rcx
	movq	M(guest)(%rax), %rdx
	movq	G(rare)(%rcx), %rax
	pushq	RARE(fiber)(%rax)
	pushq	%rdx
	pushq	%fs:TCB(SSP)
	pushq	%fs:TCB(SS_LO)
	pushq	%fs:TCB(SS_SIZE)
	movq	$0, RARE(fiber)(%rax)
	movq	%fs:TCB(M), %rax
	movq	$0, M(guest)(%rax)
	andb	$~(C(G_FLAG_AWAY) | C(G_FLAG_SIDE)), G(flags)(%rcx)
	movq	F(outside)(%rdx), %rax
	movq	%rax, %fs:TCB(SSP)
	movq	(F(outside) + SIDE(ss_size))(%rdx), %rax
	movq	%rax, %fs:TCB(SS_SIZE)
	shrq	$4, %rax	// VINE_SIDE_ALIGN
	movl	%eax, G(ss_granules)(%rcx)
	movq	(F(outside) + SIDE(ss_lo))(%rdx), %rax
	movq	%rax, %fs:TCB(SS_LO)
	movq	%rax, G(ss_lo)(%rcx)
	testq	%rax, %rax
	jz	1f
	orb	$C(G_FLAG_SIDE), G(flags)(%rcx)
1:	movq	$VINE_GUARD_FOREIGN, %fs:TCB(GUARD)
	testl	%r10d, %r10d
	jz	3f
	SPLIT_ARGS %r10, %rdx
	PLACE_ARGS %r10, %rdx, %rsp
2:	subq	$8, %r10
	jb	3f
	movq	16(%rbp,%r10), %rax
	movq	%rax, (%rsp,%r10)
	jmp	2b
3:	movq	-8(%rbp), %rax
	movq	-16(%rbp), %rcx
	movq	-24(%rbp), %rdx
	call	*%r11
	// In foreign code of a goroutine that has a growable stack, or it can't be.
	movq	%fs:TCB(M), %r10
	testq	%r10, %r10
	jz	4f
	movq	M(g)(%r10), %rcx
	testq	%rcx, %rcx
	jz	4f
	cmpb	$C(G_GROWABLE), G(kind)(%rcx)
	jne	4f
	testb	$C(G_FLAG_AWAY), G(flags)(%rcx)
	jnz	4f
	cmpq	$0, G(rare)(%rcx)
	je	6f
5:	movq	-40(%rbp), %rsi
	movq	%fs:TCB(SSP), %r8
	movq	%r8, F(outside)(%rsi)
	movq	%fs:TCB(SS_LO), %r8
	movq	%r8, (F(outside) + SIDE(ss_lo))(%rsi)
	movq	%fs:TCB(SS_SIZE), %r8
	movq	%r8, (F(outside) + SIDE(ss_size))(%rsi)
	movq	%rsi, M(guest)(%r10)
	movq	-32(%rbp), %r8
	movq	G(rare)(%rcx), %r9
	movq	%r8, RARE(fiber)(%r9)
	orb	$C(G_FLAG_AWAY), G(flags)(%rcx)
	movq	-48(%rbp), %r8
	movq	%r8, %fs:TCB(SSP)
	movq	-56(%rbp), %r8
	movq	%r8, %fs:TCB(SS_LO)
	movq	%r8, G(ss_lo)(%rcx)
	movq	-64(%rbp), %r8
	movq	%r8, %fs:TCB(SS_SIZE)
	shrq	$4, %r8
	movl	%r8d, G(ss_granules)(%rcx)
	movq	$0, %fs:TCB(GUARD)
	movq	%rbp, %rsp
	.cfi_remember_state
	POP_FRAME_RECORD
	ret
	.cfi_restore_state
4:	andq	$-16, %rsp
	call	vine__guest_astray
6:	call	guest_adopted
	movq	%fs:TCB(M), %r10
	movq	M(g)(%r10), %rcx
	jmp	5b
END vine__guest_call

// The foreign call returned to another goroutine than it was made by. rcx: that
// one, on whose way no fiber was yet. Keeps results.
ROUTINE guest_adopted, local
	PUSH_FRAME_RECORD
	PUSH_REGS
	movq	%rax, R(ax)(%rsp)
	movq	%rcx, %rdi
	call	vine__guest_adopted
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%rbp, %rsp
	POP_FRAME_RECORD
	ret
END guest_adopted

	.section .note.GNU-stack,"",@progbits
