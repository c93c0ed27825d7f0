// SPDX-License-Identifier: MIT
#ifndef OWN_LEAVES_H
#define OWN_LEAVES_H

#include <stddef.h>

#define OWN_NOINLINE __attribute__((noinline))
#ifdef __VINE__
#include <vine.h>
#define OWN_YIELD() vine_yield()
#else
#define OWN_YIELD() (void)0
#endif

extern _Atomic int own_calls; // of all of them

#endif
