// SPDX-License-Identifier: MIT
// Calls of the C library that mostly need next to no time and stack
// (LIBC_SHORT of abi/libc.def), made without going to another stack:
//
//  - A byte from a buffer of stdio's, or to one, while the process has one
//    thread: the C library's headers have the same few instructions for
//    getc_unlocked, so the buffer's fields are part of its interface.
//  - malloc and kin, when they are the C library's and the goroutine's stack
//    has the room: main's begins with that much.
//
// All else is a foreign call as ever. arch/<isa>/short.S has the code.
#ifndef VINE_SHORTCALLS_H
#define VINE_SHORTCALLS_H

#include "base/export.h"

// The C library's functions; null is none, or unknown. Known to assembly.
struct vine__short {
  void *malloc, *calloc, *realloc, *free;
  void *getc, *putc; // of fgetc, too
  void *fputc, *getchar, *putchar;
};
extern VINE_HIDDEN struct vine__short vine__short;

// Once, at start, after vine__redirect_init.
void vine__short_init(void);

#endif
