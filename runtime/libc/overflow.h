// SPDX-License-Identifier: MIT
// Stack overflow as a signal. overflow.c tells how.
#ifndef VINE_LIBC_OVERFLOW_H
#define VINE_LIBC_OVERFLOW_H

#include <signal.h>

struct g;

// At start: from here on it counts as the program's when RLIMIT_STACK changes.
void vine__overflow_init(void);

// A SIGSEGV has interrupted g. If it tells of an overflow, info and context say
// where, in terms of the addresses that g's program knows.
void vine__overflow_show(struct g *g, siginfo_t *info, void *context);

#endif
