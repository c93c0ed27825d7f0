// SPDX-License-Identifier: MIT
//
// Asks for an instrumented function's stack check, and gives it its frame
// pointer and the magic word before its entry (abi/README.md section 1).
//
// The check itself is inserted into machine code, when the frame's size is
// known: MachineCheck.cpp.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

using namespace llvm;

VINE_STATISTIC(NumInstrumented, "Functions instrumented");

namespace vine {

static void checkStack(Function &F) {
  assert(isInstrumented(F) && "the magic promises an instrumented function");
  ++NumInstrumented;
  if (!F.hasFnAttribute(CheckAttr))
    F.addFnAttr(CheckAttr);
  F.addFnAttr("frame-pointer", "non-leaf");
  // The check has just proved that the frame's memory is there.
  F.removeFnAttr("probe-stack");
  placeMagic(F);
}

void checkStacks(Module &M) {
  for (Function &F : M)
    if (isInstrumented(F))
      checkStack(F);
}

} // namespace vine
