// SPDX-License-Identifier: MIT
// The runtime's own names of functions of the C library. Prototypes as those
// without the prefix.
//
// With san_: memory functions that no sanitizer intercepts, for
// libvine-tsan.a: sanitizer.c. Short rather than fast.
//
// With mem_: the C library's, or the program's if that has one; but not if
// vinecc has compiled it: its check would fail on the runtime's stack. Then it
// is a short one here. arch/own_libc.h gives them to the compiler.
#include "asm.h"

// clang-format off

// memcpy: rdi to, rsi from, rdx bytes; result rax. Clobbers rcx.
.macro COPY
	movq	%rdi, %rax
	movq	%rdx, %rcx
	rep movsb
	ret
.endm

// memset: rdi to, esi byte, rdx bytes; result rax. Clobbers rcx, rdx.
.macro FILL
	movq	%rdx, %rcx
	movq	%rdi, %rdx
	movl	%esi, %eax
	rep stosb
	movq	%rdx, %rax
	ret
.endm

#if VINE_TSAN

ROUTINE vine__san_memcpy
	COPY
END vine__san_memcpy

// memcpy for ranges that overlap: downwards if `to` lies in [from, from+n).
ROUTINE vine__san_memmove
	movq	%rdi, %rax
	movq	%rdx, %rcx
	movq	%rdi, %rdx
	subq	%rsi, %rdx
	cmpq	%rcx, %rdx
	jb	1f
	rep movsb
	ret
1:	leaq	-1(%rdi,%rcx), %rdi
	leaq	-1(%rsi,%rcx), %rsi
	std
	rep movsb
	cld
	ret
END vine__san_memmove

ROUTINE vine__san_memset
	FILL
END vine__san_memset
#elif !VINE_ASAN

// A jump through vine__libc_\name, which is `first` until vine__libc_choose.
.macro OWN name, first
ROUTINE vine__mem_\name
	jmp	*vine__libc_\name(%rip)
END vine__mem_\name
	.section .data.rel.local.vine__libc_\name, "aw"
	.balign	8
vine__libc_\name:
	.quad	\first
	.text
.endm

ROUTINE own_memcpy, local
	COPY
END own_memcpy
OWN memcpy, own_memcpy

ROUTINE own_memset, local
	FILL
END own_memset
OWN memset, own_memset

// rdi a, rsi b, rdx bytes; result eax: 0 if they are equal. Clobbers rcx.
ROUTINE own_bcmp, local
	movq	%rdx, %rcx
	xorl	%eax, %eax
	cmpq	%rax, %rax	// for no bytes
	repe cmpsb
	setne	%al
	ret
END own_bcmp
OWN bcmp, own_bcmp
#endif

	.section .data.rel.local.vine__libc_clock_gettime, "aw"
	.balign	8
	.globl	vine__libc_clock_gettime
	.hidden	vine__libc_clock_gettime
vine__libc_clock_gettime:
	.quad	0
	.text

// Goes on at 1 unless the word before the function's first instruction says
// that vinecc has compiled it (vine__kind_for).
.macro CHOOSE name
	movq	\name@GOTPCREL(%rip), %rax
	testl	$0xfff, %eax
	jz	1f
	cmpq	%rdx, -8(%rax)
	je	2f
1:	movq	%rax, vine__libc_\name(%rip)
2:
.endm

// void vine__libc_choose(void): clobbers rax, rdx.
ROUTINE vine__libc_choose
	movabsq	$VINE_MAGIC, %rdx
	CHOOSE	clock_gettime
#if !VINE_TSAN && !VINE_ASAN
	CHOOSE	memcpy
	CHOOSE	memset
	CHOOSE	bcmp
#endif
	ret
END vine__libc_choose

	.section .note.GNU-stack,"",@progbits
