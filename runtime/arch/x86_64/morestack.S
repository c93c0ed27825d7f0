// SPDX-License-Identifier: MIT
// What a prologue's check calls, and what brings a goroutine back to it.
//
// On entry to __morestack (abi/README.md section 1):
//   %r10 frame size, %r11 bytes of stack arguments
//   [%rsp] A, an address in the prologue; the body starts at A + 1
//   [%rsp+8] the function's return address
// Every argument register is live: rdi rsi rdx rcx r8 r9, rax (the number of
// vector registers, or a nest pointer), all vector registers in full width.
//
// All is saved into a struct vine__regs on the system stack, C decides
// (vine__newstack), and one exit restores it on whatever stack the goroutine
// has by then. A goroutine preempted here keeps its struct in a heap block
// meanwhile and comes back through vine__trap_resume.

#include "asm.h"

// clang-format off

// Saves into a struct below %rsp, which is on a system stack. rbp is the
// frame record; rax is m (its own value is at -8(%rbp) or doesn't matter).
.macro SAVE_ALL
	subq	$REGS_SIZE, %rsp
	andq	$-64, %rsp
	SAVE_GPRS
	movq	%r10, R_FRAME(%rsp)
	movq	%r11, R_ARGS(%rsp)
	movq	%rbp, R_ORIG_SP(%rsp)
	MOVE_VECS 1
.endm

.macro TRAP_FRAME
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rax
	movq	%fs:VINE_TCB_M, %rax
.endm

// From the goroutine's stack to the system stack, everything saved.
.macro TRAP_ENTER poll
	movq	M_CALL_SP(%rax), %rsp
	movq	$1, M_CALL_SP(%rax)
	SAVE_ALL
	movq	-8(%rbp), %rcx
	movq	%rcx, R_AX(%rsp)
	movq	$\poll, R_POLL(%rsp)
	movq	M_G(%rax), %rcx
	movq	%rbp, G_SP(%rcx)
	movq	%rax, %rdi
	movq	%rsp, %rsi
.endm

// What lld and gold write into prologues of functions that call foreign code.
// Not an alias: gdb lets the stack go on anywhere from a function named
// __morestack (foreign.S), and of two names for one address it takes either.
FUNC __morestack_non_split
	jmp	__morestack
ENDFUNC __morestack_non_split

FUNC __morestack
	TRAP_FRAME
	testq	%rax, %rax
	jz	.Lno_goroutine
	cmpq	$1, M_CALL_SP(%rax)
	jbe	.Lon_system_stack
	TRAP_ENTER 0
	call	vine__newstack
// Common exit. rsp: struct vine__regs on the system stack. g->sp: the trap's
// frame record on the goroutine's (perhaps new) stack.
.Ltrap_return:
	movq	%fs:VINE_TCB_M, %rax
	movq	M_G(%rax), %rcx
	MOVE_VECS 0
	movq	M_SYS_SP(%rax), %r11
	movq	%r11, M_CALL_SP(%rax)
	movq	G_GUARD(%rcx), %r11
	movq	%r11, %fs:VINE_TCB_GUARD
	movq	G_SP(%rcx), %rbp
	movq	R_POLL(%rsp), %r11
	movq	R_FRAME(%rsp), %r10
	RESTORE_GPRS
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_remember_state
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	testq	%r11, %r11
	jnz	1f
	popq	%r11
	.cfi_adjust_cfa_offset -8
	leaq	1(%r11), %r11
	notrack jmp *%r11
	.cfi_adjust_cfa_offset 8
1:	ret
	.cfi_restore_state

// A callback: foreign code, on the system stack, called an instrumented
// function. Its body runs on the goroutine's stack, with arguments copied
// there; vine__bounce_return leads back. The struct vine__regs stays on the
// system stack below the foreign frames and is the new m->sys_sp.
.Lon_system_stack:
	jne	.Lforeign
	call	vine__newstack_in_runtime
.Lforeign:
	movq	$1, M_CALL_SP(%rax)
	SAVE_ALL
	movq	-8(%rbp), %rcx
	movq	%rcx, R_AX(%rsp)
	movq	%rax, %rdi
	movq	%rsp, %rsi
	call	vine__bounce
	movq	%rax, %r10
	movq	8(%rbp), %r11
	movq	%fs:VINE_TCB_M, %rdx
	movq	M_SYS_SP(%rdx), %rcx
	movq	%rcx, M_CALL_SP(%rdx)
	movq	M_G(%rdx), %rcx
	movq	G_GUARD(%rcx), %rcx
	movq	%rcx, %fs:VINE_TCB_GUARD
	MOVE_VECS 0
	// The callback's frame record links to the record of the foreign call.
	movq	M_GSP(%rdx), %rbp
	RESTORE_GPRS
	movq	%r10, %rsp
	leaq	1(%r11), %r11
	notrack jmp *%r11

.Lno_goroutine:
	call	vine__newstack_in_runtime
ENDFUNC __morestack

// The return address of a bounced callback's body. rax, rdx, xmm0, xmm1 and
// st0 hold its results. The frame record that rbp points at is that of the
// foreign call: unwinders skip the foreign frames, as tracebacks do.
	.cfi_startproc
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	RETURN_ADDRESS vine__bounce_return, vine__foreign_code
	movq	%fs:VINE_TCB_M, %r10
	movq	M_SYS_SP(%r10), %rsp
#if VINE_CHECK_LEVEL >= 2
	movq	$1, M_CALL_SP(%r10)
	movq	%rax, R_AX(%rsp)
	movq	%rdx, R_DX(%rsp)
	MOVE_VECS 1
	movq	%r10, %rdi
	movq	%rsp, %rsi
	call	vine__bounce_check
	MOVE_VECS 0
	movq	R_AX(%rsp), %rax
	movq	R_DX(%rsp), %rdx
	movq	%fs:VINE_TCB_M, %r10
#endif
	movq	$VINE_GUARD_FOREIGN, %fs:VINE_TCB_GUARD
	movq	R_OLD_SYS_SP(%rsp), %r11
	movq	%r11, M_SYS_SP(%r10)
	movq	M_G(%r10), %r11
	movq	G_HI(%r11), %r11
	subq	R_OLD_GSP_OFF(%rsp), %r11
	movq	%r11, M_GSP(%r10)
	movq	$0, M_CALL_SP(%r10)
	movq	R_ORIG_SP(%rsp), %rsp
	popq	%rbp
	addq	$8, %rsp
	ret
	.cfi_endproc
	.size vine__bounce_return, . - vine__bounce_return

// Where a goroutine that was preempted at a trap continues, on its stack,
// rsp at the trap's frame record.
	.cfi_startproc
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	RETURN_ADDRESS vine__trap_resume, vine__stopped
	movq	%rsp, %rbp
	movq	%fs:VINE_TCB_M, %rdi
	movq	M_G(%rdi), %rcx
	movq	%rsp, G_SP(%rcx)
	movq	M_CALL_SP(%rdi), %rsp
	movq	$1, M_CALL_SP(%rdi)
	subq	$REGS_SIZE, %rsp
	movq	%rsp, %rsi
	call	vine__trap_restore
	jmp	.Ltrap_return
	.cfi_endproc
	.size vine__trap_resume, . - vine__trap_resume

// void __vine_poll(void): at a loop's back edge, when preemption was asked
// for. Keeps every register but r11. The stack does not move meanwhile.
FUNC __vine_poll
	TRAP_FRAME
	testq	%rax, %rax
	jz	1f
	cmpq	$1, M_CALL_SP(%rax)
	jbe	1f
	TRAP_ENTER 1
	call	vine__poll_sys
	jmp	.Ltrap_return
1:	popq	%rax
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
ENDFUNC __vine_poll

// void *__vine_side_alloc(size_t n): a new side-stack chunk. Keeps every
// register but rax (result) and r11. Also on plain threads.
FUNC __vine_side_alloc
	TRAP_FRAME
	xorl	%r11d, %r11d
	testq	%rax, %rax
	jz	1f
	movq	M_CALL_SP(%rax), %r11
	cmpq	$1, %r11
	jbe	2f
	movq	%r11, %rsp
	movq	$1, M_CALL_SP(%rax)
	jmp	1f
2:	xorl	%r11d, %r11d
1:	SAVE_ALL
	movq	%rax, %rsi
	call	vine__side_slow
	movq	%rax, R_AX(%rsp)
	MOVE_VECS 0
	movq	R_ARGS(%rsp), %r11
	testq	%r11, %r11
	jz	3f
	movq	%fs:VINE_TCB_M, %rcx
	movq	%r11, M_CALL_SP(%rcx)
3:	movq	R_FRAME(%rsp), %r10
	RESTORE_GPRS
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
ENDFUNC __vine_side_alloc

// The return address of a body that runs on a linked segment (a frame below
// it is pinned): give the segment back, return to the caller on the older
// one. Its results are kept in a struct vine__regs.
	.cfi_startproc
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	RETURN_ADDRESS vine__segment_return, vine__older_segment
	movq	%fs:VINE_TCB_M, %r10
	movq	M_CALL_SP(%r10), %rsp
	movq	$1, M_CALL_SP(%r10)
	subq	$REGS_SIZE, %rsp
	movq	%rax, R_AX(%rsp)
	SAVE_GPRS
	MOVE_VECS 1
	movq	%r10, %rdi
	call	vine__segment_pop
	// rax: the older stack pointer, at the return address.
	movq	%rax, %r10
	movq	%fs:VINE_TCB_M, %rcx
	MOVE_VECS 0
	movq	M_SYS_SP(%rcx), %r11
	movq	%r11, M_CALL_SP(%rcx)
	movq	M_G(%rcx), %r11
	movq	G_GUARD(%r11), %r11
	movq	%r11, %fs:VINE_TCB_GUARD
	RESTORE_GPRS
	movq	%r10, %rsp
	ret
	.cfi_endproc
	.size vine__segment_return, . - vine__segment_return

// Runs the trapped body on a new segment: called by vine__newstack instead of
// returning. rdi regs, rsi the new stack pointer (at vine__segment_return's
// address), with m->call_sp still 1.
	.globl vine__segment_enter
	.hidden vine__segment_enter
	.type vine__segment_enter, @function
vine__segment_enter:
	.cfi_startproc
	movq	%rdi, %rsp
	movq	%rsi, %r10
	movq	R_ORIG_SP(%rsp), %rbp
	movq	8(%rbp), %r11
	movq	(%rbp), %rbp
	movq	%fs:VINE_TCB_M, %rdx
	movq	M_SYS_SP(%rdx), %rcx
	movq	%rcx, M_CALL_SP(%rdx)
	movq	M_G(%rdx), %rcx
	movq	G_GUARD(%rcx), %rcx
	movq	%rcx, %fs:VINE_TCB_GUARD
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%r10, %rsp
	leaq	1(%r11), %r11
	notrack jmp *%r11
	.cfi_endproc
	.size vine__segment_enter, . - vine__segment_enter

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
