// SPDX-License-Identifier: MIT
// Public calls: one stub for each line of api/entry.def, which takes the call
// from the goroutine's stack to the system stack and back. Compiled code calls
// the stubs on the goroutine's stack; foreign code and plain threads call the
// same ones. Also the symbol that says which ABI this runtime has.

#include "asm.h"

// clang-format off

// Before call_sp becomes 0, and the watchdog may take the processor with all
// that belongs to it. The store that says so is invisible to ThreadSanitizer,
// and plain: foreign.S tells why that is enough. Keeps rax.
	.macro LEAVE_RUNTIME
#if VINE_TSAN
	subq	$8, %rsp
	pushq	%rax
	movq	%fs:TCB(M), %rdi
	leaq	M(call_sp)(%rdi), %rdi
	call	vine__san_release_own
	popq	%rax
	addq	$8, %rsp
#endif
	.endm

// The shared part of the entry stubs. rax implementation, r10 g, r11 m, a
// context on the stack. rbx is in the context, so it may carry the old
// call_sp across the call. A call that parks doesn't come back here: the
// scheduler resumes the context itself. Clobbers what a C call may; the result
// stays in rax.
ROUTINE vine__api_enter
	CFI_FRAME_RECORD
	CFI_CONTEXT
	movq	%rsp, G(sp)(%r10)
	.size	vine__api_enter, . - vine__api_enter
	// The name under which gdb goes on to the goroutine's stack (foreign.S).
	.type	__morestack, @function
__morestack:
	movq	M(call_sp)(%r11), %rbx
	movq	$1, M(call_sp)(%r11)
	testq	%rbx, %rbx
	jz	1f
	movq	%rbx, %rsp
	call	*%rax
	movq	%fs:TCB(M), %r11
	movq	M(g)(%r11), %r10
	movq	%rbx, M(call_sp)(%r11)
	movq	G(sp)(%r10), %rsp
	.cfi_remember_state
	POP_CONTEXT
	ret
	.cfi_restore_state
	// Not on a growable stack: a fixed goroutine, one on a fiber, or foreign
	// code called by a growable one. The processor may have been taken
	// meanwhile.
1:	cmpl	$0, M(retake)(%r11)
	jne	4f
2:	cmpb	$C(G_FIXED), G(kind)(%r10)
	je	5f
	testb	$C(G_FLAG_AWAY), G(flags)(%r10)
	jz	3f
	cmpq	$0, M(guest)(%r11)
	jne	3f
5:	movq	M(sys_sp)(%r11), %rsp
	subq	$8, %rsp
3:	subq	$8, %rsp
	call	*%rax
	LEAVE_RUNTIME
	movq	%fs:TCB(M), %r11
	movq	M(g)(%r11), %r10
	movq	$0, M(call_sp)(%r11)
	movq	G(sp)(%r10), %rsp
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
	call	vine__reenter
	popq	%rax
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	movq	%fs:TCB(M), %r11
	movq	M(g)(%r11), %r10
	jmp	2b
	.cfi_endproc
	.size	__morestack, . - __morestack

// To vine__api_enter with %rax the implementation; plain threads jump to that.
.macro ENTER_API
	movq	%fs:TCB(M), %r11
	testq	%r11, %r11
	jz	1f
	movq	M(g)(%r11), %r10
	testq	%r10, %r10
	jz	1f
	.cfi_remember_state
	PUSH_CONTEXT
	jmp	vine__api_enter
	.cfi_restore_state
1:	jmp	*%rax
.endm

.macro API name, impl
CALL_ENTRY \name
	leaq	\impl(%rip), %rax
	ENTER_API
END \name
.endm

// `fast` returns a result in %rax and one of VINE_FAST_* in %rdx.
.macro API_FAST name, impl, fast, locked
CALL_ENTRY \name
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	.cfi_adjust_cfa_offset 24
	call	\fast
	movl	%edx, %ecx
	cmpl	$C(VINE_FAST_DONE), %edx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	.cfi_adjust_cfa_offset -24
	jne	2f
	ret
2:	movq	%rax, %r8
	leaq	\impl(%rip), %rax
	.if	C(VINE_FAST_NO) != 0
	.error	"the test is for 0"
	.endif
	testl	%ecx, %ecx
	jz	3f
	leaq	\locked(%rip), %rax
	cmpl	$C(VINE_FAST_LOCKED), %ecx
	je	3f
	leaq	vine__chan_unlock_sys(%rip), %rax
	movq	%r8, %rsi
3:	ENTER_API
END \name
.endm

#define API(name) API vine_##name, vine__##name##_sys
#define API_FAST(name, fast)                                                   \
  API_FAST vine_##name, vine__##name##_sys, vine__##fast##_fast,               \
           vine__##name##_adopt_sys
#define API_COMPILER(name, impl) API name, impl
#include "api/entry.def"

	// In a section: GNU ld has whoever refers to an absolute symbol of
	// libvine.so define it again.
	.section .rodata,"a",@progbits
	.globl VINE_ABI_SYMBOL
	.type VINE_ABI_SYMBOL, @object
	.size VINE_ABI_SYMBOL, 1
VINE_ABI_SYMBOL:
	.byte 1

	.section .note.GNU-stack,"",@progbits
