// SPDX-License-Identifier: MIT
// Switching between goroutines, the entry stubs of the public calls, and the
// two ends of a goroutine's life.
//
// A context is what PUSH_CONTEXT leaves: r15 r14 r13 r12 rbx rbp and a return
// address, with g->sp at its low end. The address of its rbp word is a frame
// record like any other, so a walk of frame pointers starts at g->sp + 40.

#include "asm.h"

#define VINE_ABI_SYMBOL_NAME __vine_abi_1_recompile_all_objects_with_one_vinecc

// clang-format off

// The side stack's words of the goroutine \g become this thread's.
.macro LOAD_SIDE_WORDS g, tmp
	movq	G_SSP(\g), \tmp
	movq	\tmp, %fs:VINE_TCB_SSP
	movq	G_SS_LO(\g), \tmp
	movq	\tmp, %fs:VINE_TCB_SS_LO
	movq	G_SS_SIZE(\g), \tmp
	movq	\tmp, %fs:VINE_TCB_SS_SIZE
.endm

// void vine__gogo(struct g *g, struct m *m): runs g on this thread. Does not
// return. Where g's context lies tells how it runs:
//   on its growable stack   call_sp = sys_sp, guard = g->guard
//   on its fixed stack      call_sp = 0, guard = 0
//   on this system stack    (it blocked below foreign frames) call_sp = 0,
//                           guard = VINE_GUARD_FOREIGN
	.text
	.p2align 4
	.globl vine__gogo
	.hidden vine__gogo
	.type vine__gogo, @function
vine__gogo:
	.cfi_startproc
	.cfi_undefined %rip
	LOAD_SIDE_WORDS %rdi, %rax
	movq	G_SP(%rdi), %rsp
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	cmpb	$KIND_GROWABLE, G_KIND(%rdi)
	jne	1f
	movq	$VINE_GUARD_FOREIGN, %rdx
	cmpq	G_LO(%rdi), %rsp
	jb	1f
	cmpq	G_HI(%rdi), %rsp
	jae	1f
	movq	M_SYS_SP(%rsi), %rcx
	movq	G_GUARD(%rdi), %rdx
1:	movq	G_RET(%rdi), %rax
	movq	%rcx, M_CALL_SP(%rsi)
	movq	%rdx, %fs:VINE_TCB_GUARD
	POP_CONTEXT
	// Not `ret`: the call that it would return from was made by another
	// goroutine, so the processor would predict it wrong each time.
	popq	%rcx
	notrack jmp *%rcx
	.cfi_endproc
	.size vine__gogo, . - vine__gogo

// The context of a new goroutine returns here: rbx the function, r12 to r15 its
// arguments. rsp is at the return address that ends the goroutine. A function
// that isn't instrumented runs as a foreign call (vine_go of one), or right
// here on a fixed stack.
	.p2align 4
	.globl vine__gostart
	.hidden vine__gostart
	.type vine__gostart, @function
vine__gostart:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%r12, %rdi
	movq	%r13, %rsi
	movq	%r14, %rdx
	movq	%r15, %rcx
	xorl	%ebp, %ebp
	movq	%rbx, %r10
	jmp	__vine_icall
	.cfi_endproc
	.size vine__gostart, . - vine__gostart

// Return address of a goroutine's function.
	.p2align 4
	.cfi_startproc
	.cfi_undefined %rip
	RETURN_ADDRESS vine__goexit, vine__goroutine
	movq	%fs:VINE_TCB_M, %rdi
	movq	M_SYS_SP(%rdi), %rsp
	movq	$1, M_CALL_SP(%rdi)
	xorl	%ebp, %ebp
	call	vine__goexit_sys
	ud2
	.cfi_endproc
	.size vine__goexit, . - vine__goexit

// Return address of main: exit(result), as a foreign call, so that atexit
// functions run and may be instrumented.
	.p2align 4
	.cfi_startproc
	.cfi_undefined %rip
	RETURN_ADDRESS vine__main_return, vine__main_goroutine
	movl	%eax, %edi
	subq	$16, %rsp	// aligned at the call, should it be a jump
	leaq	vine__main_exit(%rip), %r11
	call	__vine_foreign
	ud2
	.cfi_endproc
	.size vine__main_return, . - vine__main_return

// void vine__mrun(struct m *m, uintptr_t *start_sp): makes the rest of this
// thread's stack the system stack and schedules on it. Returns when the thread
// is to end (vine__munwind).
	.p2align 4
	.globl vine__mrun
	.hidden vine__mrun
	.type vine__mrun, @function
vine__mrun:
	.cfi_startproc
	PUSH_CONTEXT
	movq	%rsp, (%rsi)
	subq	$64, %rsp
	andq	$-64, %rsp
	movq	%rsp, M_SYS_SP(%rdi)
	movq	%rsp, M_BASE_SP(%rdi)
	movq	$1, M_CALL_SP(%rdi)
	call	vine__schedule_first
	ud2
	.cfi_endproc
	.size vine__mrun, . - vine__mrun

// void vine__munwind(uintptr_t start_sp): returns from vine__mrun.
	.p2align 4
	.globl vine__munwind
	.hidden vine__munwind
	.type vine__munwind, @function
vine__munwind:
	.cfi_startproc
	movq	%rdi, %rsp
	POP_CONTEXT
	ret
	.cfi_endproc
	.size vine__munwind, . - vine__munwind

// void vine__call_on(uintptr_t sp, void (*fn)(void *), void *arg): runs the
// scheduler from the top of the system stack, dropping what is on it.
	.p2align 4
	.globl vine__call_on
	.hidden vine__call_on
	.type vine__call_on, @function
vine__call_on:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	movq	%rdx, %rdi
	call	*%rsi
	ud2
	.cfi_endproc
	.size vine__call_on, . - vine__call_on

// void vine__leave(struct m *m, struct g *g): saves a context of this fixed
// goroutine where it is and queues it (vine__requeue, on the system stack).
	.p2align 4
	.globl vine__leave
	.hidden vine__leave
	.type vine__leave, @function
vine__leave:
	.cfi_startproc
	PUSH_CONTEXT
	movq	%rsp, G_SP(%rsi)
	movq	M_SYS_SP(%rdi), %rsp
	call	vine__requeue
	ud2
	.cfi_endproc
	.size vine__leave, . - vine__leave

// Before call_sp becomes 0, and the watchdog may take the processor with all
// that belongs to it. The store that says so is invisible to ThreadSanitizer,
// and plain: foreign.S tells why that is enough. Keeps rax.
	.macro LEAVE_RUNTIME
#if VINE_TSAN
	subq	$8, %rsp
	pushq	%rax
	movq	%fs:VINE_TCB_M, %rdi
	leaq	M_CALL_SP(%rdi), %rdi
	call	vine__san_release_own
	popq	%rax
	addq	$8, %rsp
#endif
	.endm

// The shared part of the entry stubs. rax implementation, r10 g, r11 m, a
// context on the stack. rbx is in the context, so it may carry the old
// call_sp across the call. A call that parks doesn't come back here: the
// scheduler resumes the context itself.
	.p2align 4
	.type api_enter, @function
api_enter:
	.cfi_startproc
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	movq	%rsp, G_SP(%r10)
	movq	M_CALL_SP(%r11), %rbx
	movq	$1, M_CALL_SP(%r11)
	testq	%rbx, %rbx
	jz	1f
	movq	%rbx, %rsp
	call	*%rax
	movq	%fs:VINE_TCB_M, %r11
	movq	M_G(%r11), %r10
	movq	%rbx, M_CALL_SP(%r11)
	movq	G_SP(%r10), %rsp
	.cfi_remember_state
	POP_CONTEXT
	ret
	.cfi_restore_state
	// Not on a growable stack: a fixed goroutine, or foreign code called by a
	// growable one. The processor may have been taken meanwhile.
1:	cmpl	$0, M_RETAKE(%r11)
	jne	4f
2:	cmpb	$KIND_FIXED, G_KIND(%r10)
	jne	3f
	movq	M_SYS_SP(%r11), %rsp
	subq	$8, %rsp
3:	subq	$8, %rsp
	call	*%rax
	LEAVE_RUNTIME
	movq	%fs:VINE_TCB_M, %r11
	movq	M_G(%r11), %r10
	movq	$0, M_CALL_SP(%r11)
	movq	G_SP(%r10), %rsp
	.cfi_remember_state
	POP_CONTEXT
	ret
	.cfi_restore_state
4:	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	pushq	%rax
	movq	%r11, %rdi
	xorl	%esi, %esi
	call	vine__reenter
	popq	%rax
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	movq	%fs:VINE_TCB_M, %r11
	movq	M_G(%r11), %r10
	movq	%rsp, G_SP(%r10)	// vine__leave used it
	jmp	2b
	.cfi_endproc
	.size api_enter, . - api_enter

// API name: a public call. On a goroutine its implementation name_sys runs on
// the system stack and may park; on a plain thread it is called as it is and
// blocks the thread. Up to six arguments, in registers; the result in rax.
.macro API name, impl
FUNC \name
	.globl __vine_c_\name
	.hidden __vine_c_\name
	.set __vine_c_\name, \name
	leaq	\impl(%rip), %rax
	movq	%fs:VINE_TCB_M, %r11
	testq	%r11, %r11
	jz	1f
	movq	M_G(%r11), %r10
	testq	%r10, %r10
	jz	1f
	PUSH_CONTEXT
	jmp	api_enter
	.cfi_def_cfa %rsp, 8
1:	jmp	*%rax
ENDFUNC \name
.endm

// API_FAST name, impl, fast, locked: the same, but `fast` is tried first, on
// the caller's stack: a leaf that returns a result in rax and, in rdx, one of
// VINE_FAST_NO, DONE, LOCKED (go on in `locked`) or UNLOCK (chan.h). At most
// three arguments.
.macro API_FAST name, impl, fast, locked
FUNC \name
	.globl __vine_c_\name
	.hidden __vine_c_\name
	.set __vine_c_\name, \name
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	.cfi_adjust_cfa_offset 24
	call	\fast
	movl	%edx, %ecx
	cmpl	$1, %edx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	.cfi_adjust_cfa_offset -24
	jne	2f
	ret
2:	movq	%rax, %r8
	leaq	\impl(%rip), %rax
	testl	%ecx, %ecx
	jz	3f
	leaq	\locked(%rip), %rax
	cmpl	$2, %ecx
	je	3f
	leaq	vine__chan_unlock_sys(%rip), %rax
	movq	%r8, %rsi
3:	movq	%fs:VINE_TCB_M, %r11
	testq	%r11, %r11
	jz	1f
	movq	M_G(%r11), %r10
	testq	%r10, %r10
	jz	1f
	PUSH_CONTEXT
	jmp	api_enter
	.cfi_def_cfa %rsp, 8
1:	jmp	*%rax
ENDFUNC \name
.endm

// void vine_yield(void): tries vine__yield_fast (yield.c) first. Then this is
// the end of g's turn: the next goroutine's guard and context, as in vine__gogo,
// and g goes to the tail of the queue as soon as its stack is left. Both are on
// their growable stacks, so call_sp stays.
FUNC vine_yield
	.globl __vine_c_vine_yield
	.hidden __vine_c_vine_yield
	.set __vine_c_vine_yield, vine_yield
	movq	%fs:VINE_TCB_M, %rdi
	testq	%rdi, %rdi
	jz	vine__yield_sys
	movq	M_G(%rdi), %rsi
	testq	%rsi, %rsi
	jz	vine__yield_sys
	PUSH_CONTEXT
	movq	%rsp, G_SP(%rsi)
	pushq	%rsi	// aligns, too
	call	vine__yield_fast
	popq	%r8
	testq	%rax, %rax
	jz	1f
	movq	G_SP(%rax), %rsp
	movl	P_TAIL(%rdx), %ecx
	movzbl	%cl, %esi
	movq	%r8, P_RUNQ(%rdx,%rsi,8)
	incl	%ecx
	movl	%ecx, P_TAIL(%rdx)	// a release: x86's stores are in order
	movq	G_GUARD(%rax), %rcx
	movq	%rcx, %fs:VINE_TCB_GUARD
	movq	G_RET(%rax), %rax
	.cfi_remember_state
	POP_CONTEXT
	popq	%rcx
	notrack jmp *%rcx
	.cfi_restore_state
1:	leaq	vine__yield_sys(%rip), %rax
	movq	%r8, %r10
	movq	%fs:VINE_TCB_M, %r11
	jmp	api_enter
ENDFUNC vine_yield

#define API(name) API vine_##name, vine__##name##_sys
#define API_FAST(name, fast)                                                   \
  API_FAST vine_##name, vine__##name##_sys, vine__##fast##_fast,               \
           vine__##name##_adopt_sys
#include "api/entry.def"
	API __vine_go, vine__go_sys
	API __vine_go_words, vine__go_words_sys

// void __vine_pin(void), void __vine_unpin(void): the calling function's frame
// must not move until it returns. abi/README.md section 6.
.macro PIN name, op
FUNC \name
	movq	%fs:VINE_TCB_M, %r11
	testq	%r11, %r11
	jz	1f
	cmpq	$1, M_CALL_SP(%r11)
	jbe	1f
	movq	M_G(%r11), %r11
	\op	G_PINS(%r11)
1:	ret
ENDFUNC \name
.endm
	PIN __vine_pin, incl
	PIN __vine_unpin, decl

	.globl VINE_ABI_SYMBOL_NAME
	.set VINE_ABI_SYMBOL_NAME, 1

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
