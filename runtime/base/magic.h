// SPDX-License-Identifier: MIT
// Which functions are instrumented: those with the magic word before the entry
// (abi/README.md section 1). Where options of the compiler put words of others
// there, the magic lies further away. How far, constructors of the objects
// concerned tell.
#ifndef VINE_MAGIC_H
#define VINE_MAGIC_H

#include "base/atomic.h"
#include "base/export.h"

#include <stdbool.h>
#include <stdint.h>

// One for each combination of options; a program has one or two.
#define VINE_MAGIC_PLACES 16

// Known to assembly (arch/): distances other than 8, up to the first 0.
extern VINE_HIDDEN _Atomic uint32_t vine__magic_at[VINE_MAGIC_PLACES + 1];

bool vine__is_ours(const void *fn);

#endif
