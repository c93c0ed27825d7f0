// SPDX-License-Identifier: MIT
// Stack overflow as a signal. overflow.c tells how.
#ifndef VINE_LIBC_OVERFLOW_H
#define VINE_LIBC_OVERFLOW_H

// At start: from here on it counts as the program's when RLIMIT_STACK changes.
void vine__overflow_init(void);

#endif
