// SPDX-License-Identifier: MIT
// Calls of the C library that mostly need next to no time and stack
// (LIBC_SHORT of abi/libc.def, and those of memory), made without going to
// another stack:
//
//  - A byte from a buffer of stdio's, or to one, while the process has one
//    thread: the C library's headers have the same few instructions for
//    getc_unlocked, so the buffer's fields are part of its interface.
//  - malloc, strtol and others (LIBC_ROOM), when they are the C library's and
//    the goroutine's stack has the room: main's begins with that much.
//
// All else is a foreign call as ever. arch/<isa>/short.S has the code of the
// first; the thunks of the second have their own, since they cost so little
// that a jump more shows (compiler/pass/ForeignCalls.cpp).
#ifndef VINE_SHORTCALLS_H
#define VINE_SHORTCALLS_H

#include "base/export.h"

// The C library's functions; null is none, or unknown. Those of LIBC_ROOM are
// read by thunks, in shared libraries, too, the others by short.S.
#define LIBC_ROOM(name) extern VINE_EXPORT void *__vine_libc_##name;
#include "libc.def"
extern VINE_HIDDEN void *vine__libc_getc, *vine__libc_putc; // of fgetc, too
extern VINE_HIDDEN void *vine__libc_fputc, *vine__libc_getchar,
    *vine__libc_putchar;

// Once, at start, after vine__redirect_init.
void vine__short_init(void);

#endif
