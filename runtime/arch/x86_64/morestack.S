// SPDX-License-Identifier: MIT
// What a prologue's check calls, and what brings a goroutine back to it.
//
// On entry to __morestack (abi/README.md section 1):
//   %r10 frame size, %r11 bytes of stack arguments
//   [%rsp] A, the address behind the call, which goes on to the prologue
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

// The trap's frame record. Clobbers: %rax, which is at -8(%rbp) then.
.macro TRAP_FRAME
	PUSH_FRAME_RECORD
	pushq	%rax
.endm

// Everything, with what the trap is about, on a system stack.
// Expects: TRAP_FRAME's record at %rbp; %r10 and %r11 as at __morestack.
// Clobbers: %rsp, %rcx.
.macro PUSH_TRAP
	PUSH_REGS
	movq	%r10, T(frame_bytes)(%rsp)
	movq	%r11, T(args_bytes)(%rsp)
	movq	%rbp, T(orig_sp)(%rsp)
	movq	-8(%rbp), %rcx
	movq	%rcx, R(ax)(%rsp)
.endm

// From a growable stack to C on the system stack: m in %rdi, regs in %rsi.
// Expects: as PUSH_TRAP; %rax = m.
// Clobbers: %rsp, %rcx, %rdi, %rsi.
.macro TRAP_ENTER poll
	TO_SYSTEM_STACK %rax
	PUSH_TRAP
	movq	$\poll, T(poll)(%rsp)
	movq	M(g)(%rax), %rcx
	movq	%rbp, G(sp)(%rcx)
	movq	%rax, %rdi
	movq	%rsp, %rsi
.endm

// Not a C function: see above. Keeps every register but %r10 and %r11; the
// stack may be another one afterwards, with %rsp and %rbp in the same place.
ENTRY __morestack
	TRAP_FRAME
	movq	%fs:TCB(M), %rax
	testq	%rax, %rax
	jz	.Lno_goroutine
	cmpq	$1, M(call_sp)(%rax)
	jbe	.Lon_system_stack
	TRAP_ENTER 0
	call	vine__newstack
// Common exit. rsp: struct vine__regs on the system stack. g->sp: the trap's
// frame record on the goroutine's (perhaps new) stack.
.Ltrap_return:
	movq	%fs:TCB(M), %rax
	MOVE_VECS 0
	TO_GOROUTINE_STACK %rax, %rcx, %r11
	movq	G(sp)(%rcx), %rbp
	movq	T(frame_bytes)(%rsp), %r10
	RESTORE_GPRS
	movq	%rbp, %rsp
	.cfi_remember_state
	POP_FRAME_RECORD
	ret
	.cfi_restore_state

// A callback: foreign code, on the system stack, called an instrumented
// function. Its body runs on the goroutine's stack, with arguments copied
// there; vine__bounce_return leads back. The struct vine__regs stays on the
// system stack below the foreign frames and is the new m->sys_sp. The frame
// record of the callback links to that of the foreign call.
.Lon_system_stack:
	jne	.Lforeign
	call	vine__newstack_in_runtime
.Lforeign:
	movq	$1, M(call_sp)(%rax)
	PUSH_TRAP
	movq	%rax, %rdi
	movq	%rsp, %rsi
	call	vine__bounce
	movq	%rax, %r10
	movq	8(%rbp), %r11
	movq	%fs:TCB(M), %rdx
	movq	M(gsp)(%rdx), %rbp

// Into a body, on the goroutine's stack. rsp: struct vine__regs on the system
// stack; rbp the frame pointer and r10 the stack pointer that the body gets;
// r11 A; rdx m.
.Lenter_body:
	TO_GOROUTINE_STACK %rdx, %rcx, %rcx
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%r10, %rsp
	notrack jmp *%r11

.Lno_goroutine:
	call	vine__newstack_in_runtime
END __morestack

// void vine__segment_enter(struct vine__regs *regs, uintptr_t sp): runs the
// trapped body on a new segment; called by vine__newstack instead of returning.
// sp is the body's stack pointer, at vine__segment_return's address; call_sp
// is 1 still.
ROUTINE vine__segment_enter
	.cfi_undefined %rip
	movq	%rdi, %rsp
	movq	%rsi, %r10
	movq	T(orig_sp)(%rsp), %rbp
	movq	8(%rbp), %r11
	movq	(%rbp), %rbp
	movq	%fs:TCB(M), %rdx
	jmp	.Lenter_body
END vine__segment_enter

// The return address of a bounced callback's body. rax, rdx, xmm0, xmm1 and
// st0 hold its results, and are kept; clobbers r10 and r11. The frame record
// that rbp points at is that of the foreign call: unwinders skip the foreign
// frames, as tracebacks do.
RETURN_ADDRESS vine__bounce_return, vine__foreign_code, record
	movq	%fs:TCB(M), %r10
	movq	M(sys_sp)(%r10), %rsp
#if VINE_CHECK_LEVEL >= 2
	movq	$1, M(call_sp)(%r10)
	movq	%rax, R(ax)(%rsp)
	movq	%rdx, R(dx)(%rsp)
	MOVE_VECS 1
	movq	%r10, %rdi
	movq	%rsp, %rsi
	call	vine__bounce_check
	MOVE_VECS 0
	movq	R(ax)(%rsp), %rax
	movq	R(dx)(%rsp), %rdx
	movq	%fs:TCB(M), %r10
#endif
	movq	$VINE_GUARD_FOREIGN, %fs:TCB(GUARD)
	movq	T(old_sys_sp)(%rsp), %r11
	movq	%r11, M(sys_sp)(%r10)
	movq	M(g)(%r10), %r11
	movq	G(hi)(%r11), %r11
	subq	T(old_gsp_off)(%rsp), %r11
	movq	%r11, M(gsp)(%r10)
	movq	$0, M(call_sp)(%r10)
	movq	T(orig_sp)(%rsp), %rsp
	.cfi_def_cfa %rsp, 24
	.cfi_offset %rbp, -24
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	ret
END vine__bounce_return

// The return address of a body that runs on a linked segment (a frame below
// it is pinned): gives the segment back and returns to the caller on the older
// one. The body's results are kept meanwhile, as everything is.
RETURN_ADDRESS vine__segment_return, vine__older_segment, record
	movq	%fs:TCB(M), %r10
	TO_SYSTEM_STACK %r10
	PUSH_REGS
	movq	%rax, R(ax)(%rsp)
	movq	%r10, %rdi
	call	vine__segment_pop
	// rax: the older stack pointer, at the return address.
	movq	%rax, %r10
	movq	%fs:TCB(M), %rcx
	MOVE_VECS 0
	TO_GOROUTINE_STACK %rcx, %r11, %r11
	RESTORE_GPRS
	movq	%r10, %rsp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
END vine__segment_return

// Where a goroutine that was preempted at a trap continues, on its stack,
// rsp at the trap's frame record.
RETURN_ADDRESS vine__trap_resume, vine__stopped, record
	movq	%rsp, %rbp
	movq	%fs:TCB(M), %rdi
	movq	M(g)(%rdi), %rcx
	movq	%rsp, G(sp)(%rcx)
	TO_SYSTEM_STACK %rdi
	subq	$SIZEOF(vine__regs), %rsp
	movq	%rsp, %rsi
	call	vine__trap_restore
	jmp	.Ltrap_return
END vine__trap_resume

// void __vine_poll(void): at a loop's back edge, when preemption was asked
// for. Keeps every register but r11. The stack does not move meanwhile.
ENTRY __vine_poll
	TRAP_FRAME
	IF_GROWABLE %rax, 1f
	TRAP_ENTER 1
	call	vine__poll_sys
	ud2
1:	popq	%rax
	POP_FRAME_RECORD
	ret
END __vine_poll

// void *__vine_side_alloc(size_t n): a new side-stack chunk. Keeps every
// register but rax (result) and r11. Also on plain threads, and on any stack;
// T(args_bytes) is the call_sp to go back to, 0 where the stack wasn't left.
ENTRY __vine_side_alloc
	TRAP_FRAME
	xorl	%r11d, %r11d
	IF_GROWABLE %rax, 1f
	movq	M(call_sp)(%rax), %r11
	TO_SYSTEM_STACK %rax
1:	PUSH_TRAP
	movq	%rax, %rsi
	call	vine__side_slow
	movq	%rax, R(ax)(%rsp)
	MOVE_VECS 0
	movq	T(args_bytes)(%rsp), %r11
	testq	%r11, %r11
	jz	2f
	movq	%fs:TCB(M), %rcx
	movq	%r11, M(call_sp)(%rcx)
2:	movq	T(frame_bytes)(%rsp), %r10
	RESTORE_GPRS
	movq	%rbp, %rsp
	POP_FRAME_RECORD
	ret
END __vine_side_alloc

	.section .note.GNU-stack,"",@progbits
