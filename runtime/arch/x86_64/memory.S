// SPDX-License-Identifier: MIT
// Memory functions that no sanitizer intercepts, for libvine-tsan.a:
// sanitizer.c. Short rather than fast. Prototypes as those without the prefix.
#include "asm.h"

#if VINE_TSAN
// clang-format off

// rdi to, rsi from, rdx bytes; result rax. Clobbers rcx.
ROUTINE vine__san_memcpy
	movq	%rdi, %rax
	movq	%rdx, %rcx
	rep movsb
	ret
END vine__san_memcpy

// The same for ranges that overlap: downwards if `to` lies in [from, from+n).
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

// rdi to, esi byte, rdx bytes; result rax. Clobbers rcx, rdx.
ROUTINE vine__san_memset
	movq	%rdx, %rcx
	movq	%rdi, %rdx
	movl	%esi, %eax
	rep stosb
	movq	%rdx, %rax
	ret
END vine__san_memset
#endif

	.section .note.GNU-stack,"",@progbits
	.section .note.GNU-split-stack,"",@progbits
