// SPDX-License-Identifier: MIT
//
// Which functions instrumented code may call, by their names.
#ifndef VINE_CHECK_CALLEES_H
#define VINE_CHECK_CALLEES_H

#include "ObjectCode.h"

namespace vine {

enum class Callee {
  Unknown, // may need more stack than there is
  Moves,   // the stack may move while it runs
  Stays,   // it doesn't
};

Callee classify(const Named &Target);

} // namespace vine

#endif
