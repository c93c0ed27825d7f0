// SPDX-License-Identifier: MIT
// Overflows of arrays in frames, and what protector_own.c tells of its
// __stack_chk_fail.
#ifndef VINE_TESTS_PROTECTOR_H
#define VINE_TESTS_PROTECTOR_H

#include "stack.h"

#include <setjmp.h>

// int name(void) writes twice `past` bytes past an array that stays in its
// frame: nothing keeps its address or may move the stack. The canary is
// clang's, and may lie 8 bytes behind the array.
#define OVERFLOWS_IN_FRAME(name, bytes, past)                                  \
  static NOINLINE int name(void) {                                             \
    char a[bytes];                                                             \
    unsigned at = 3;                                                           \
    memset(a, 'A', sizeof a + 2 * (past));                                     \
    OPAQUE(at);                                                                \
    return a[at];                                                              \
  }

extern jmp_buf fail_to;  // where __stack_chk_fail goes
extern void *fail_frame; // its frame

void *foreign_frame(void); // where foreign code runs

#endif
