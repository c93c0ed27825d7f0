// SPDX-License-Identifier: MIT
// setjmp and longjmp on stacks that move. abi/README.md section 5.
//
// On a growable stack, stack positions are stored as distances from its top,
// so a move in between needs no adjusting; elsewhere as they are. JMP(check)
// binds the buffer to the goroutine (or thread) that filled it. Every field
// that longjmp reads is written: what was in the buffer before is arbitrary.
//
// Where positions are stored as they are, all that glibc's longjmp reads is as
// glibc's setjmp would have it, with glibc's secret, so it can be given the
// buffer: by foreign code, in a program that has no longjmp of ours
// (libvine.so). It leaves SSP too low, which the function that called setjmp
// puts right when it returns. Distances aren't secret, and would tell glibc's.

#include "asm.h"

// clang-format off

// What longjmp goes to, mixed with the secret in %r9. Clobbers flags.
.macro MANGLE reg
	xorq	%r9, \reg
	rolq	$C(VINE_JMP_ROTATE), \reg
.endm
.macro DEMANGLE reg
	rorq	$C(VINE_JMP_ROTATE), \reg
	xorq	%r9, \reg
.endm

// int __vine_setjmp(void *buf): on any stack. Clobbers what a C call may.
ENTRY __vine_setjmp
	movq	$0, JMP(mask_saved)(%rdi)
.Lset:	movq	%rbx, J(bx)(%rdi)
	movq	%r12, J(r12)(%rdi)
	movq	%r13, J(r13)(%rdi)
	movq	%r14, J(r14)(%rdi)
	movq	%r15, J(r15)(%rdi)
	movq	%fs:TCB(SSP), %rax
	movq	%rax, JMP(ssp)(%rdi)
	movq	$0, JMP(growable)(%rdi)
	movq	$0, JMP(sys_off)(%rdi)
	leaq	8(%rsp), %rcx
	movq	%rbp, %rdx
	movq	%fs:0x30, %r9
	movq	%fs:0, %rsi	// vine__thread_pointer
	movq	%fs:TCB(M), %rax
	testq	%rax, %rax
	jz	1f
	cmpq	$0, M(g)(%rax)
	je	1f
	movq	M(g)(%rax), %rsi
	cmpq	$1, M(call_sp)(%rax)
	jbe	5f
	movq	$1, JMP(growable)(%rdi)
	movq	vine__jmp_secret(%rip), %r9
	movzwl	G(segs)(%rsi), %r8d
	movw	%r8w, JMP(segs)(%rdi)
	movl	G(pins)(%rsi), %r8d
	movl	%r8d, JMP(pins)(%rdi)
	movq	M(base_sp)(%rax), %r8
	subq	M(sys_sp)(%rax), %r8
	movq	%r8, JMP(sys_off)(%rdi)
	movq	G(hi)(%rsi), %r8
	subq	%r8, %rcx
	negq	%rcx
	testq	%rdx, %rdx
	jz	6f
	subq	%r8, %rdx
	negq	%rdx
6:	xorl	%eax, %eax
	jmp	2f
	// On no growable stack: on a fiber, perhaps.
1:	movq	vine__thread_fiber@GOTTPOFF(%rip), %rax
	movq	%fs:(%rax), %rax
	jmp	4f
5:	xorl	%eax, %eax
	testb	$C(G_FLAG_AWAY), G(flags)(%rsi)
	jz	2f
	movq	G(rare)(%rsi), %rax
	movq	RARE(fiber)(%rax), %rax
4:	testq	%rax, %rax
	jz	2f
	movq	%rax, %rsi
	movl	F(generation)(%rax), %r8d
	movq	%r8, JMP(generation)(%rdi)
2:	movq	%rax, JMP(fiber)(%rdi)
	MANGLE	%rcx
	movq	%rcx, JMP(sp)(%rdi)
	MANGLE	%rdx
	movq	%rdx, J(bp)(%rdi)
	movq	(%rsp), %rdx
	MANGLE	%rdx
	movq	%rdx, JMP(ip)(%rdi)
	xorq	vine__jmp_check_secret(%rip), %rsi
	movq	%rsi, JMP(check)(%rdi)
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
	IF_GROWABLE %rsi, 1f
	movq	M(g)(%rsi), %rcx
	movq	%rsp, G(sp)(%rcx)
	TO_SYSTEM_STACK %rsi
1:	andq	$-16, %rsp
	movl	%r12d, %esi
	call	vine__longjmp_sys
	// rax: the top that positions count from, or 0.
	movq	%rbx, %rdi
	movq	%fs:0x30, %r9
	testq	%rax, %rax
	cmovnzq	vine__jmp_secret(%rip), %r9
	movq	JMP(sp)(%rdi), %rcx
	DEMANGLE %rcx
	movq	J(bp)(%rdi), %rbp
	DEMANGLE %rbp
	testq	%rax, %rax
	jz	3f
	negq	%rcx
	addq	%rax, %rcx
	testq	%rbp, %rbp
	jz	2f
	negq	%rbp
	addq	%rax, %rbp
2:	movq	%fs:TCB(M), %rdx
	TO_GOROUTINE_STACK %rdx, %r8, %r8
3:	movq	%rcx, %rsp
	movq	JMP(ssp)(%rdi), %rcx
	movq	%rcx, %fs:TCB(SSP)
	movl	%r12d, %eax
	testl	%eax, %eax
	jnz	4f
	incl	%eax
4:	movq	J(bx)(%rdi), %rbx
	movq	J(r12)(%rdi), %r12
	movq	J(r13)(%rdi), %r13
	movq	J(r14)(%rdi), %r14
	movq	J(r15)(%rdi), %r15
	movq	JMP(ip)(%rdi), %rdx
	DEMANGLE %rdx
	notrack jmp *%rdx
END __vine_longjmp

// _Noreturn void vine__libc_jump(const void *buf, int val): what glibc's own
// longjmp does last. rbp, rsp and rip are mixed with a secret of the thread.
.macro LIBC_DEMANGLE reg
	rorq	$0x11, \reg
	xorq	%fs:0x30, \reg
.endm
ROUTINE vine__libc_jump
	.cfi_undefined %rip
	movl	$1, %eax
	testl	%esi, %esi
	cmovnzl	%esi, %eax
	movq	(%rdi), %rbx
	movq	8(%rdi), %rbp
	LIBC_DEMANGLE %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rcx
	LIBC_DEMANGLE %rcx
	movq	56(%rdi), %rdx
	LIBC_DEMANGLE %rdx
	movq	%rcx, %rsp
	notrack jmp *%rdx
END vine__libc_jump

	.section .note.GNU-stack,"",@progbits
