// SPDX-License-Identifier: MIT
// Foreign code that calls setjmp and is jumped to.
#ifndef VINE_TESTS_FOREIGN_JUMPS_H
#define VINE_TESTS_FOREIGN_JUMPS_H

#include <setjmp.h>

int guarded(void (*f)(jmp_buf));             // what f jumps with
int guarded_mask(void (*f)(sigjmp_buf));     // and the signal mask
int guarded_loop(int n, void (*f)(jmp_buf)); // n times
int guarded_outer(void (*f)(void));          // f lets leave_outer jump
void leave_outer(int r);
void leave_mine(jmp_buf b);

#endif
