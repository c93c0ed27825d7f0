// SPDX-License-Identifier: MIT
// getcontext and kin: what goes on when they return, or go elsewhere, is
// decided in C (libc/ucontext.c), on the system stack, or on the current one
// if that isn't a goroutine's.
#include "asm.h"

// clang-format off

// Goes on as the struct vine__resume at %rsp says. What reads it last is the
// load of %rsp: on a thread without a signal stack a handler may write below
// the new one.
.macro RESUME
	movq	U(di)(%rsp), %rdi
	movq	U(si)(%rsp), %rsi
	movq	U(dx)(%rsp), %rdx
	movq	U(cx)(%rsp), %rcx
	movq	U(r8)(%rsp), %r8
	movq	U(r9)(%rsp), %r9
	movq	U(bx)(%rsp), %rbx
	movq	U(bp)(%rsp), %rbp
	movq	U(r12)(%rsp), %r12
	movq	U(r13)(%rsp), %r13
	movq	U(r14)(%rsp), %r14
	movq	U(r15)(%rsp), %r15
	movq	U(ip)(%rsp), %r11
	movq	U(sp)(%rsp), %rsp
	xorl	%eax, %eax
	notrack jmp *%r11
.endm

// From a growable stack to the system stack. A context at %rsp: for tracebacks.
// Clobbers r10 and r11.
.macro LEAVE_GROWABLE
	IF_GROWABLE %r11, .Lstay\@
	movq	M(g)(%r11), %r10
	movq	%rsp, G(sp)(%r10)
	TO_SYSTEM_STACK %r11
.Lstay\@:
.endm

// name: int name(u), int name(u, to). impl gets the context of the call, and
// where to write what goes on, as its last two arguments: %rdx and %rcx. Foreign
// code on the system stack gets the C library's: for Vine it stays where it is.
.macro UCONTEXT_CALL name, impl, libc
ENTRY \name
	movq	%fs:TCB(M), %r11
	testq	%r11, %r11
	jz	1f
	cmpq	$0, M(call_sp)(%r11)
	jne	1f
	movq	M(g)(%r11), %r10
	testq	%r10, %r10
	jz	1f
	cmpb	$C(G_GROWABLE), G(kind)(%r10)
	jne	1f
	testb	$C(G_FLAG_AWAY), G(flags)(%r10)
	jnz	1f
	jmp	*\libc@GOTPCREL(%rip)
1:	PUSH_CONTEXT
	movq	%rsp, %rdx
	LEAVE_GROWABLE
	subq	$SIZEOF(vine__resume), %rsp
	andq	$-16, %rsp
	movq	%rsp, %rcx
	call	\impl
	RESUME
END \name
.endm

	UCONTEXT_CALL __vine_getcontext, vine__getcontext_sys, getcontext
	UCONTEXT_CALL __vine_setcontext, vine__setcontext_sys, setcontext
	UCONTEXT_CALL __vine_swapcontext, vine__swapcontext_sys, swapcontext

// void __vine_makecontext(ucontext_t *u, void (*fn)(void), int argc, ...):
// the words of the arguments lie in two places, rcx r8 r9 and the stack.
ENTRY __vine_makecontext
	PUSH_CONTEXT
	xorl	%r12d, %r12d
	movq	%fs:TCB(M), %r11
	testq	%r11, %r11
	jz	1f
	movq	M(call_sp)(%r11), %r12
1:	pushq	%r9
	pushq	%r8
	pushq	%rcx
	movq	%rsp, %rcx
	leaq	16(%rbp), %r8
	leaq	-40(%rbp), %rsp	// the context; what is below stays as it is
	cmpq	$1, %r12
	jbe	2f
	LEAVE_GROWABLE
	jmp	3f
2:	subq	$24, %rsp
3:	andq	$-16, %rsp
	call	vine__makecontext_sys
	cmpq	$1, %r12
	jbe	4f
	movq	%fs:TCB(M), %r11
	movq	%r12, M(call_sp)(%r11)
4:	leaq	-40(%rbp), %rsp
	POP_CONTEXT
	ret
END __vine_makecontext

// The return address of a context's function.
RETURN_ADDRESS vine__ucontext_return, vine__context_end, none
	subq	$SIZEOF(vine__resume), %rsp
	andq	$-16, %rsp
	movq	%rsp, %rdi
	call	vine__ucontext_end_sys
	RESUME
END vine__ucontext_return

// struct { uint64_t rax, rdx; } __vine_mark(void): what __vine_rewind needs to
// know of this moment. rax: bit 63, on a growable stack; and how deep in
// callbacks. rdx: pins, and from bit 32 on segments. Clobbers r11.
ENTRY __vine_mark
	xorl	%eax, %eax
	xorl	%edx, %edx
	IF_GROWABLE %r11, 1f
	movq	M(base_sp)(%r11), %rax
	subq	M(sys_sp)(%r11), %rax
	btsq	$63, %rax
	movq	M(g)(%r11), %r11
	movzwl	G(segs)(%r11), %edx
	shlq	$32, %rdx
	movl	G(pins)(%r11), %r11d
	orq	%r11, %rdx
1:	ret
END __vine_mark

// void __vine_rewind(uint64_t rax, uint64_t rdx): the function that called
// __vine_mark goes on, perhaps after a jump from far away: from a callback, a
// segment, a fiber, foreign code. %rsp is right, whatever the thread's words
// say. Clobbers what a C call may.
ENTRY __vine_rewind
	testq	%rdi, %rdi
	jns	1f
	call	__vine_mark
	cmpq	%rax, %rdi
	jne	2f
	cmpq	%rdx, %rsi
	jne	2f
1:	ret
2:	movq	%fs:TCB(M), %r11
	testq	%r11, %r11
	jz	1b
	movq	M(g)(%r11), %r10
	testq	%r10, %r10
	jz	1b
	PUSH_CONTEXT
	movq	%rsp, G(sp)(%r10)
	// What lies below on the system stack has been left.
	btrq	$63, %rdi
	movq	M(base_sp)(%r11), %rsp
	subq	%rdi, %rsp
	movq	$1, M(call_sp)(%r11)
	call	vine__rewind_sys
	movq	%fs:TCB(M), %r11
	TO_GOROUTINE_STACK %r11, %r10, %rax
	movq	G(sp)(%r10), %rsp
	POP_CONTEXT
	ret
END __vine_rewind

	.section .note.GNU-stack,"",@progbits
