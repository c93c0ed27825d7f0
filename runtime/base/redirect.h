// SPDX-License-Identifier: MIT
// Which calls of the C library lead to the runtime's versions (LIBC_WAIT and
// LIBC_NOTE of abi/libc.def): those whose target lies in the C library, and not
// in the program or another library that has a function of that name. Off
// while there is one goroutine: it may block its thread as any program does.
#ifndef VINE_REDIRECT_H
#define VINE_REDIRECT_H

#include "base/atomic.h"
#include "base/export.h"

#include <stdint.h>

// Known to assembly (arch/): code of the C library is at lo <= x < hi. hi is 0
// while calls aren't redirected.
struct vine__redirect {
  _Atomic uintptr_t lo, hi;
  uintptr_t end; // hi while they are
};
extern VINE_HIDDEN struct vine__redirect vine__redirect;

static inline void vine__redirect_set(int on) {
  store_relaxed(&vine__redirect.hi, on ? vine__redirect.end : 0);
}

// Finds the C library. Once, at start.
void vine__redirect_init(void);

#endif
