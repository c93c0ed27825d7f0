// SPDX-License-Identifier: MIT
// Frames that must not move: called by the functions that own them.

#include "asm.h"

// clang-format off

// void __vine_pin(void), void __vine_unpin(void): the calling function's frame
// must not move until it returns. abi/README.md section 6. Keep every register
// but %r11.
.macro PIN name, op
ENTRY \name
	IF_GROWABLE %r11, 1f
	movq	M(g)(%r11), %r11
	\op	G(pins)(%r11)
1:	ret
END \name
.endm
	PIN __vine_pin, incl
	PIN __vine_unpin, decl

// void __vine_own_leaf(...): the program's own function by the name of a leaf of
// libc. r11 its body, r10 N, bytes of arguments on the stack. Whoever called it
// relies on the stack and the thread staying: the body runs pinned, and counts
// as holding a lock. Elsewhere nothing moves.
ENTRY __vine_own_leaf
	PUSH_FRAME_RECORD
	IF_GROWABLE %rax, 4f
	movq	M(g)(%rax), %rax
	incl	G(pins)(%rax)
	incw	G(locks)(%rax)
	jnz	1f
	decw	G(locks)(%rax)	// as many as can be counted: for good
1:	orb	$C(G_FLAG_BOUND), G(flags)(%rax)
	subq	%r10, %rsp
2:	subq	$8, %r10
	jb	3f
	movq	16(%rbp,%r10), %rax
	movq	%rax, (%rsp,%r10)
	jmp	2b
3:	call	*%r11
	movq	%fs:TCB(M), %r10
	movq	M(g)(%r10), %r10
	decl	G(pins)(%r10)
	cmpw	$-1, G(locks)(%r10)
	je	5f
	decw	G(locks)(%r10)
5:	movq	%rbp, %rsp
	.cfi_remember_state
	POP_FRAME_RECORD
	ret
	.cfi_restore_state
4:	POP_FRAME_RECORD
	jmp	*%r11
END __vine_own_leaf

	.section .note.GNU-stack,"",@progbits
