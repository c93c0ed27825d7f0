// SPDX-License-Identifier: MIT
// Switching between goroutines, and between a goroutine and the thread that
// runs it.
//
// A context is what PUSH_CONTEXT leaves: r15 r14 r13 r12 rbx rbp and a return
// address, with g->sp at its low end. The address of its rbp word is a frame
// record like any other, so a walk of frame pointers starts at g->sp + 40.

#include "asm.h"

// clang-format off

// The side stack's words of the goroutine \g become this thread's.
// Clobbers: rax.
.macro LOAD_SIDE_WORDS g
	movq	G(ssp)(\g), %rax
	movq	%rax, %fs:TCB(SSP)
	movq	G(ss_lo)(\g), %rax
	movq	%rax, %fs:TCB(SS_LO)
	movl	G(ss_granules)(\g), %eax
	shlq	$4, %rax	// VINE_SIDE_ALIGN
	movq	%rax, %fs:TCB(SS_SIZE)
.endm

// void vine__gogo(struct g *g, struct m *m): runs g on this thread. Does not
// return. The goroutine gets its context's registers, and %rax from g->ret.
// Where the context lies tells how it runs:
//   on its growable stack   call_sp = sys_sp, guard = g->guard
//   on its fixed stack, or  call_sp = 0, guard = 0
//   on a fiber
//   on this system stack    (it blocked below foreign frames) call_sp = 0,
//                           guard = VINE_GUARD_FOREIGN
ROUTINE vine__gogo
	.cfi_undefined %rip
	LOAD_SIDE_WORDS %rdi
	movq	G(sp)(%rdi), %rsp
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	cmpb	$C(G_GROWABLE), G(kind)(%rdi)
	jne	1f
	movq	$VINE_GUARD_FOREIGN, %rdx
	cmpq	G(lo)(%rdi), %rsp
	jb	2f
	cmpq	G(hi)(%rdi), %rsp
	jae	2f
	movq	M(sys_sp)(%rsi), %rcx
	movq	G(guard)(%rdi), %rdx
1:	movq	G(ret)(%rdi), %rax
	movq	%rcx, M(call_sp)(%rsi)
	movq	%rdx, %fs:TCB(GUARD)
	.cfi_remember_state
	POP_CONTEXT
	POP_JUMP %rcx
	.cfi_restore_state
2:	testb	$C(G_FLAG_AWAY), G(flags)(%rdi)
	jz	1b
	xorl	%edx, %edx
	jmp	1b
END vine__gogo

// void vine__mrun(struct m *m, uintptr_t *start_sp): makes the rest of this
// thread's stack the system stack and schedules on it. Returns when the thread
// is to end (vine__munwind).
ROUTINE vine__mrun
	PUSH_CONTEXT
	movq	%rsp, (%rsi)
	subq	$64, %rsp
	andq	$-64, %rsp
	movq	%rsp, M(sys_sp)(%rdi)
	movq	%rsp, M(base_sp)(%rdi)
	movq	$1, M(call_sp)(%rdi)
	call	vine__schedule_first
	ud2
END vine__mrun

// void vine__munwind(uintptr_t start_sp): returns from the vine__mrun that
// wrote start_sp.
ROUTINE vine__munwind
	movq	%rdi, %rsp
	POP_CONTEXT
	ret
END vine__munwind

// void vine__call_on(uintptr_t sp, void (*fn)(void *), void *arg): runs fn(arg),
// which doesn't return, from sp down, a multiple of 16. What was there, the
// caller's frames as a rule, is gone; nothing unwinds past it.
ROUTINE vine__call_on
	.cfi_undefined %rip
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	movq	%rdx, %rdi
	call	*%rsi
	ud2
END vine__call_on

// void vine_yield(void): tries vine__yield_fast (yield.c) first. Then this is
// the end of g's turn: the next goroutine's guard and context, as in vine__gogo,
// and g goes to the tail of the queue as soon as its stack is left. Both are on
// their growable stacks, so call_sp stays. Clobbers what a C call may.
CALL_ENTRY vine_yield
	movq	%fs:TCB(M), %rdi
	testq	%rdi, %rdi
	jz	vine__yield_sys
	movq	M(g)(%rdi), %rsi
	testq	%rsi, %rsi
	jz	vine__yield_sys
	PUSH_CONTEXT
	movq	%rsp, G(sp)(%rsi)
	pushq	%rsi	// aligns, too
	call	vine__yield_fast
	popq	%r8
	testq	%rax, %rax
	jz	1f
	movq	G(sp)(%rax), %rsp
	movl	P(tail)(%rdx), %ecx
	.if	C(VINE_RUNQ) != 256
	.error	"the index into the queue is a byte"
	.endif
	movzbl	%cl, %esi
	movq	%r8, P(runq)(%rdx,%rsi,8)
	incl	%ecx
	movl	%ecx, P(tail)(%rdx)	// a release: x86's stores are in order
	SET_GUARD %rax, %rcx
	movq	G(ret)(%rax), %rax
	.cfi_remember_state
	POP_CONTEXT
	POP_JUMP %rcx
	.cfi_restore_state
1:	leaq	vine__yield_sys(%rip), %rax
	movq	%r8, %r10
	movq	%fs:TCB(M), %r11
	jmp	vine__api_enter
END vine_yield

	.section .note.GNU-stack,"",@progbits
