// SPDX-License-Identifier: MIT
// Three levels of checks, so that a check is never left out for its price.
//
//   VINE_ASSERT(c, why)  always, release builds too; for what costs nothing
//                        next to the work around it
//   VINE_DCHECK(c, why)  debug builds; for fast paths
//   VINE_XCHECK(c, why)  expensive builds; may walk whole structures
//
// `why` is a constant string that says what is broken; where a file numbers
// its invariants it quotes the number. A failed check ends in vine__throw.
#ifndef VINE_ASSERT_H
#define VINE_ASSERT_H

#include "base/config.h"
#include "base/fatal.h"

#define VINE_ASSERT(cond, why)                                                 \
  (__builtin_expect(!(cond), 0) ? vine__throw_at(why, __FILE__, __LINE__)      \
                                : (void)0)

// Compiled, so that it can't rot, but never run.
#define VINE_CHECK_OFF(cond) ((void)(0 && (cond)))

#if VINE_CHECK_LEVEL >= 1
#define VINE_DCHECK(cond, why) VINE_ASSERT(cond, why)
#else
#define VINE_DCHECK(cond, why) VINE_CHECK_OFF(cond)
#endif

#if VINE_CHECK_LEVEL >= 2
#define VINE_XCHECK(cond, why) VINE_ASSERT(cond, why)
#else
#define VINE_XCHECK(cond, why) VINE_CHECK_OFF(cond)
#endif

#endif
