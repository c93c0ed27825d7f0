// SPDX-License-Identifier: MIT
// _FORTIFY_SOURCE: the room that the compiler knows of is less than was asked
// for. Ends the program in libc's words.
#ifndef VINE_CHK_H
#define VINE_CHK_H

#include <stddef.h>

_Noreturn void __chk_fail(void);

static inline void vine__io_check(size_t n, size_t room) {
  if (n > room)
    __chk_fail();
}

#endif
