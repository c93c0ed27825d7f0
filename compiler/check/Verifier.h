// SPDX-License-Identifier: MIT
//
// What the machine code of an instrumented function must keep to, proved from
// an object file. compiler/pass/FrameVerifier.cpp proves the same while
// compiling, and knows more there; this needs no more than the object, whoever
// made it.
#ifndef VINE_CHECK_VERIFIER_H
#define VINE_CHECK_VERIFIER_H

#include "Machine.h"
#include "ObjectCode.h"

namespace vine {

struct Finding {
  uint64_t Offset; // in the function
  std::string Text;
};

struct Verdict {
  std::vector<Finding> Violations;
  // What couldn't be followed, so that part of the proof is missing; or empty.
  std::string Unclear;
  bool HasCheck = false;
};

Verdict verify(const Routine &R, const ObjectCode &Object, const Machine &M);

} // namespace vine

#endif
