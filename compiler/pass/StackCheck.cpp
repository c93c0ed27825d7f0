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

#include "llvm/Support/CommandLine.h"

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

// The check of a prologue covers the frame as laid out, not what is pushed
// later, so arguments must not be pushed. LLVM's option for that has no
// counterpart in the IR.
static void forbidPushedArguments() {
  auto &Options = cl::getRegisteredOptions();
  auto It = Options.find("no-x86-call-frame-opt");
  if (It != Options.end() && !It->second->getNumOccurrences())
    It->second->addOccurrence(0, It->first(), "true");
}

void checkStacks(Module &M) {
  bool Any = false;
  for (Function &F : M) {
    if (!isInstrumented(F))
      continue;
    checkStack(F);
    Any = true;
  }
  if (Any)
    forbidPushedArguments();
}

} // namespace vine
