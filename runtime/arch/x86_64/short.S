// SPDX-License-Identifier: MIT
// Short calls of the C library (base/shortcalls.h): r11 the function, r10 its
// version if it has one. They are called as the function is, so they may
// clobber what it may. What isn't short goes on to where its thunk would have
// jumped.

#include "asm.h"

// clang-format off

#define FILE(field) .L_IO_FILE_##field

// To \long unless r11 is the C library's function \name.
.macro IF_LIBC name, long
	cmpq	vine__libc_\name(%rip), %r11
	jne	\long
.endm

// The same unless there is one thread, too, so that nobody else uses the
// buffer. The C library then takes no lock, either.
.macro IF_ALONE name, long
	movq	__libc_single_threaded@GOTPCREL(%rip), %rax
	cmpb	$0, (%rax)
	je	\long
	IF_LIBC	\name, \long
.endm

// Takes a byte from the FILE \file.
.macro GETC file, long
	movq	FILE(_IO_read_ptr)(\file), %rcx
	cmpq	FILE(_IO_read_end)(\file), %rcx
	jae	\long
	movzbl	(%rcx), %eax
	incq	%rcx
	movq	%rcx, FILE(_IO_read_ptr)(\file)
	ret
.endm

// Puts edi's low byte into the FILE \file.
.macro PUTC file, long
	movq	FILE(_IO_write_ptr)(\file), %rcx
	cmpq	FILE(_IO_write_end)(\file), %rcx
	jae	\long
	movzbl	%dil, %eax
	movb	%dil, (%rcx)
	incq	%rcx
	movq	%rcx, FILE(_IO_write_ptr)(\file)
	ret
.endm

// int __vine_short_getc(FILE *f)
ENTRY __vine_short_getc
	IF_ALONE getc, __vine_wait
	GETC	%rdi, __vine_wait
END __vine_short_getc

// int __vine_short_getchar(void)
ENTRY __vine_short_getchar
	IF_ALONE getchar, __vine_wait
	movq	stdin@GOTPCREL(%rip), %rdi
	movq	(%rdi), %rdi
	GETC	%rdi, __vine_wait
END __vine_short_getchar

// int __vine_short_putc(int c, FILE *f)
ENTRY __vine_short_putc
	IF_ALONE putc, __vine_foreign
	PUTC	%rsi, __vine_foreign
END __vine_short_putc

// int __vine_short_fputc(int c, FILE *f)
ENTRY __vine_short_fputc
	IF_ALONE fputc, __vine_foreign
	PUTC	%rsi, __vine_foreign
END __vine_short_fputc

// int __vine_short_putchar(int c)
ENTRY __vine_short_putchar
	IF_ALONE putchar, __vine_foreign
	movq	stdout@GOTPCREL(%rip), %rsi
	movq	(%rsi), %rsi
	PUTC	%rsi, __vine_foreign
END __vine_short_putchar

	.section .note.GNU-stack, "", @progbits
