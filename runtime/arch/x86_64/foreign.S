// SPDX-License-Identifier: MIT
// Foreign calls: from a goroutine's growable stack to code that knows nothing
// of it, on the worker's system stack, and back. abi/README.md section 3.
//
// While a goroutine runs on its growable stack, m->call_sp is where a foreign
// call starts: the top of the free system stack, equal to m->sys_sp. Elsewhere
// it is 0 (foreign code, a fixed stack) or 1 (runtime), and the thunks jump.
//
// A call pushes one frame record on the goroutine's stack, so that the chain
// of frame pointers goes on, and notes its address in m->gsp. A callback that
// moves the stack adjusts record and m->gsp; the way back needs only those.
//
// Hand-off: the exit stores call_sp and then reads retake; sysmon stores
// retake, issues a membarrier and then reads call_sp. One of the two sees the
// other, though this path has no fence: all its stores are plain.
//
// (FOREIGN1) A thread relies on its processor only after it stored call_sp != 0
//      and then read retake == 0; every way out of foreign code (the exit
//      below, api_enter, a callback, longjmp, vine__goexit) stores first.
//      sysmon takes it only if it reads call_sp == 0 after the membarrier,
//      under the lock.
// Checked: tests/model/handoff.pml.

#include "asm.h"

#include <errno.h>

// clang-format off

// After the foreign function returned: back to the goroutine's stack, and to
// the caller. The results stay; clobbers r10 and r11 only.
.macro LEAVE_FOREIGN
	movq	%fs:TCB(M), %r10
	movq	M(sys_sp)(%r10), %rsp
	movq	%rsp, M(call_sp)(%r10)
	cmpl	$0, M(retake)(%r10)
	jne	.Lretaken\@
.Lback\@:
	movq	M(g)(%r10), %r11
	movq	M(gsp)(%r10), %rsp
	SET_GUARD %r11, %r11
	.cfi_remember_state
	POP_FRAME_RECORD
	ret
	.cfi_restore_state
.Lretaken\@:
	call	foreign_reenter
	movq	%fs:TCB(M), %r10
	jmp	.Lback\@
.endm

// void __vine_foreign(...): r11 target, no arguments on the stack.
// Keeps every argument register, rax too. Clobbers r10 and r11.
ENTRY __vine_foreign
	movabsq	$VINE_MAGIC, %r10
	cmpq	%r10, -8(%r11)
	je	1f
	cmpl	$0, vine__magic_at(%rip)
	jne	4f
// A second name, local, for where the stack changes: gdb stops at a frame
// that lies below the one it called ("corrupt stack?"), but in a function of
// this name (gdb's frame.c, get_prev_frame_always_1). S15.
	.type	__morestack, @function
__morestack:
.Lforeign_call:
	IF_GROWABLE %r10, 2f
	PUSH_FRAME_RECORD
	movq	%rsp, M(gsp)(%r10)
	movq	$VINE_GUARD_FOREIGN, %fs:TCB(GUARD)
	movq	M(call_sp)(%r10), %rsp
	movq	$0, M(call_sp)(%r10)
.Lrun_foreign:
	call	*%r11
	LEAVE_FOREIGN
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
2:	testq	%r10, %r10
	jz	1f
	cmpq	$0, M(guest)(%r10)
	jne	3f
1:	jmp	*%r11
3:	xorl	%r10d, %r10d
	jmp	vine__guest_call
4:	call	find_magic
	jne	.Lforeign_call
	jmp	*%r11
	.size	__morestack, . - __morestack
END __vine_foreign

// void __vine_foreign_args(...): r11 target, r10 N, at most N bytes of
// arguments on the stack. They are copied to the system stack.
ENTRY __vine_foreign_args
	pushq	%r10
	.cfi_def_cfa_offset 16
	movabsq	$VINE_MAGIC, %r10
	cmpq	%r10, -8(%r11)
	popq	%r10
	.cfi_def_cfa_offset 8
	je	1f
	cmpl	$0, vine__magic_at(%rip)
	jne	7f
.Lforeign_call_args:
	testl	%r10d, %r10d
	jz	.Lforeign_call
	PUSH_FRAME_RECORD
	pushq	%rax
	pushq	%rcx
	IF_GROWABLE %rax, 2f
	movq	%rbp, M(gsp)(%rax)
	pushq	%r11
	SPLIT_ARGS %r10, %r11
	pushq	%rdx
	// N is an upper bound: don't read past the top of the stack.
	movq	M(g)(%rax), %rdx
	movq	G(hi)(%rdx), %rdx
	subq	%rbp, %rdx
	subq	$16, %rdx
	cmpq	%rdx, %r10
	cmovaq	%rdx, %r10
	movq	M(call_sp)(%rax), %rdx
	PLACE_ARGS %r10, %r11, %rdx
3:	subq	$8, %r10
	jb	4f
	movq	16(%rbp,%r10), %r11
	movq	%r11, (%rdx,%r10)
	jmp	3b
4:	movq	%rdx, %r10
	popq	%rdx
	popq	%r11
	movq	$VINE_GUARD_FOREIGN, %fs:TCB(GUARD)
	movq	$0, M(call_sp)(%rax)
	movq	%r10, %rsp
	movq	-8(%rbp), %rax
	movq	-16(%rbp), %rcx
	jmp	.Lrun_foreign
2:	testq	%rax, %rax
	jz	5f
	cmpq	$0, M(guest)(%rax)
	jne	6f
5:	popq	%rcx
	popq	%rax
	.cfi_remember_state
	POP_FRAME_RECORD
1:	jmp	*%r11
	.cfi_restore_state
6:	popq	%rcx
	popq	%rax
	POP_FRAME_RECORD
	jmp	vine__guest_call
7:	pushq	%r10
	.cfi_adjust_cfa_offset 8
	call	find_magic
	popq	%r10
	.cfi_adjust_cfa_offset -8
	jne	.Lforeign_call_args
	jmp	*%r11
END __vine_foreign_args

// Whether the magic lies further away from the entry (base/magic.h): in the
// same page, for what is before need not be mapped. In: r11 the entry.
// Out: ZF if it does. Clobbers r10.
ROUTINE find_magic, local
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	pushq	%rcx
	.cfi_adjust_cfa_offset 8
	leaq	vine__magic_at(%rip), %rcx
1:	movl	(%rcx), %eax
	testl	%eax, %eax
	jz	2f
	addq	$4, %rcx
	movl	%r11d, %r10d
	andl	$0xfff, %r10d
	cmpl	%eax, %r10d
	jb	1b
	negq	%rax
	movabsq	$VINE_MAGIC, %r10
	cmpq	%r10, (%r11,%rax)
	jne	1b
	jmp	3f
2:	orl	$1, %eax
3:	popq	%rcx
	.cfi_adjust_cfa_offset -8
	popq	%rax
	.cfi_adjust_cfa_offset -8
	ret
END find_magic

// void __vine_icall(...): r10 target of an indirect call, which finds its own
// address there. An instrumented entry is never page aligned, so the word
// before a page isn't read: it may not be mapped (generated code).
ENTRY __vine_icall
	testl	$0xfff, %r10d
	jz	1f
	movabsq	$VINE_MAGIC, %r11
	cmpq	%r11, -8(%r10)
	jne	1f
	jmp	*%r10
1:	movq	%r10, %r11
	cmpl	$0, vine__magic_at(%rip)
	je	.Lforeign_call
	call	find_magic
	jne	.Lforeign_call
	xorl	%r10d, %r10d
	jmp	*%r11
END __vine_icall

// void __vine_icall_args(...): r10 target, r11 N.
ENTRY __vine_icall_args
	xchgq	%r10, %r11
	testl	$0xfff, %r11d
	jz	.Lforeign_call_args
	jmp	__vine_foreign_args
END __vine_icall_args

// Locks that belong to a thread (LIBC_LOCK of abi/libc.def): foreign calls that
// count in g->locks what the goroutine holds, so that it keeps its thread
// (vine__g_save). r11 target, no arguments on the stack. One with the magic is
// the program's own function of that name: it isn't counted.

.macro CALL_LOCK
	movabsq	$VINE_MAGIC, %r10
	cmpq	%r10, -8(%r11)
	je	.Lown_lock
	PUSH_FRAME_RECORD
	call	.Lforeign_call
.endm

// Out: \g = this thread's goroutine. To \none if there is none.
.macro LOAD_G g, none
	movq	%fs:TCB(M), \g
	testq	\g, \g
	jz	\none
	movq	M(g)(\g), \g
	testq	\g, \g
	jz	\none
.endm

// int __vine_lock(...): has locked if it returns 0, or says that the last owner
// of a robust mutex died.
ENTRY __vine_lock
	CALL_LOCK
	testl	%eax, %eax
	jz	.Llocked
	cmpl	$EOWNERDEAD, %eax
	je	.Llocked
	jmp	.Lcounted
END __vine_lock

// void __vine_lock_void(...): has locked.
ENTRY __vine_lock_void
	CALL_LOCK
.Llocked:
	LOAD_G	%r10, .Lcounted
	incw	G(locks)(%r10)
	jnz	1f
	decw	G(locks)(%r10)	// as many as can be counted: for good
1:	orb	$C(G_FLAG_BOUND), G(flags)(%r10)
.Lcounted:
	POP_FRAME_RECORD
	ret
END __vine_lock_void

// int __vine_unlock(...): has unlocked if it returns 0.
ENTRY __vine_unlock
	CALL_LOCK
	testl	%eax, %eax
	jz	.Lunlocked
	jmp	.Lcounted
END __vine_unlock

// void __vine_unlock_void(...): has unlocked. What foreign code locked wasn't
// counted: the number stays 0 then.
ENTRY __vine_unlock_void
	CALL_LOCK
.Lunlocked:
	LOAD_G	%r10, .Lcounted
	cmpw	$-1, G(locks)(%r10)
	je	.Lcounted
	subw	$1, G(locks)(%r10)
	adcw	$0, G(locks)(%r10)
	jmp	.Lcounted
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
.Lown_lock:
	jmp	*%r11
END __vine_unlock_void

// Calls of the C library that have a version of the runtime's (LIBC_WAIT and
// LIBC_NOTE of abi/libc.def): r11 the function, r10 the version. The plain call
// is made instead where base/redirect.h says so. Keep rax.

// To \plain unless the version is to be called.
.macro IF_REDIRECTED plain
	cmpq	vine__redirect+.Lvine__redirect_lo(%rip), %r11
	jb	\plain
	cmpq	vine__redirect+.Lvine__redirect_hi(%rip), %r11
	jae	\plain
.endm

// To \plain unless this is a goroutine's thread and, at the moment, no signal
// handler's; and unless the goroutine may be cancelled in the call (cancel.c).
.macro IF_PARKS plain
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	movq	%fs:TCB(M), %rax
	testq	%rax, %rax
	jnz	.Lgoroutine\@
	popq	%rax
	.cfi_adjust_cfa_offset -8
	jmp	\plain
	.cfi_adjust_cfa_offset 8
.Lgoroutine\@:
	cmpl	$0, M(cancellable)(%rax)
	popq	%rax
	.cfi_adjust_cfa_offset -8
	jne	\plain
.endm

// void __vine_wait(...): one that may wait.
ENTRY __vine_wait
	IF_REDIRECTED __vine_foreign
	IF_PARKS __vine_foreign
	jmp	*%r10
END __vine_wait

// void __vine_wait_args(...): the same with eax bytes of arguments on the
// stack.
ENTRY __vine_wait_args
	IF_REDIRECTED 1f
	IF_PARKS 1f
	jmp	*%r10
1:	movl	%eax, %r10d
	jmp	__vine_foreign_args
END __vine_wait_args

// void __vine_wait_variadic(...): the same with r10 = N, which a variadic
// version takes, and the version in rax. No such call has arguments in vector
// registers: rax = 0, in the end.
ENTRY __vine_wait_variadic
	IF_REDIRECTED 1f
	IF_PARKS 1f
	movq	%rax, %r11
	xorl	%eax, %eax
	jmp	*%r11
1:	xorl	%eax, %eax
	jmp	__vine_foreign_args
END __vine_wait_variadic

// void __vine_note(...): one that changes what is known of descriptors, also in
// signal handlers.
ENTRY __vine_note
	IF_REDIRECTED __vine_foreign
	jmp	*%r10
END __vine_note

// The processor was taken away while this thread was in foreign code. Waits
// for one, on the system stack, with the results of the call kept (x87's
// too: runtime code doesn't touch them). In: r10 m, rsp m->sys_sp - 8.
ROUTINE foreign_reenter, local
	PUSH_FRAME_RECORD
	movq	$1, M(call_sp)(%r10)
	PUSH_REGS
	movq	%rax, R(ax)(%rsp)
	movq	%r10, %rdi
	call	vine__reenter_by_return
	MOVE_VECS 0
	RESTORE_GPRS
	movq	%rbp, %rsp
	POP_FRAME_RECORD
	movq	%fs:TCB(M), %r10
	movq	M(sys_sp)(%r10), %r11
	movq	%r11, M(call_sp)(%r10)
	ret
END foreign_reenter

	.section .note.GNU-stack,"",@progbits
