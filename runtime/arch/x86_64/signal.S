// SPDX-License-Identifier: MIT
// What signals need of the machine: calls on other stacks, a fault that looks
// like an overflow, and a system call that is looked at.

#include "asm.h"
#include <asm/unistd.h>

// clang-format off

// void vine__call_back_on(uintptr_t sp, void (*fn)(void *), void *arg)
// Calls fn(arg) on the stack below sp, a multiple of 16, and returns.
	.text
	.p2align 4
	.globl vine__call_back_on
	.hidden vine__call_back_on
	.type vine__call_back_on, @function
vine__call_back_on:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size vine__call_back_on, . - vine__call_back_on

// _Noreturn void vine__fault_on(uintptr_t sp, void *addr)
// Writes to addr, which nobody may, with the stack pointer at sp, whose frame
// record is the first of the list. When a handler returns it does so again,
// whatever the stack pointer has become (vine__fault_set_sp).
	.p2align 4
	.globl vine__fault_on
	.hidden vine__fault_on
	.type vine__fault_on, @function
vine__fault_on:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rdi, %rsp
	movq	%rdi, %rbp
	.globl vine__fault_on_at
	.hidden vine__fault_on_at
vine__fault_on_at:
	movb	$0, (%rsi)
	jmp	vine__fault_on_at
	.cfi_endproc
	.size vine__fault_on, . - vine__fault_on

	.macro	SYSTEM_CALL
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	.endm

// long vine__system_call(long number, long a, ... long f): the kernel's result,
// negative if it is an error number.
ROUTINE vine__system_call
	SYSTEM_CALL
	ret
END vine__system_call

// long syscall(long number, ...): as the C library's, but that handlers which
// are installed by it are ours, too, that signal masks are goroutines', that a
// thread of ours which ends by it says so, and that children know what they
// are. No frame: a clone with a stack of the program's returns there.
	.p2align 4
	.weak	syscall	// a program may have its own
	.type syscall, @function
syscall:
	.cfi_startproc
	cmpq	$__NR_rt_sigaction, %rdi
	je	vine__syscall_sigaction
	cmpq	$__NR_rt_sigprocmask, %rdi
	je	vine__syscall_sigmask
	cmpq	$__NR_exit, %rdi
	je	vine__syscall_exit
	leaq	-__NR_clone(%rdi), %rax
	cmpq	$__NR_vfork - __NR_clone, %rax	// with fork in between
	jbe	vine__syscall_clone
	cmpq	$__NR_clone3, %rdi
	je	vine__syscall_clone
	SYSTEM_CALL
	cmpq	$-4095, %rax
	jae	2f
	ret
2:	movq	%rax, %rdi
	jmp	vine__syscall_failed
	.cfi_endproc
	.size syscall, . - syscall

	.section .note.GNU-stack,"",@progbits
