// SPDX-License-Identifier: MIT
//
// Calls at the entry and the exits of functions, which the code generator
// inserts: -finstrument-functions-after-inlining, -pg. What they call is
// foreign, so the calls are made here, before calls are routed. Clang's other
// inserters (SanitizerCoverage, profiles) are passes, which run before the late
// stage: Plugin.cpp sees to that.
//
// What is inserted into machine code can't be routed: -mfentry's call stands
// before the check of the stack, XRay's are patched in at run time. Refused.
#include "Abi.h"
#include "Vine.h"

#include "llvm/Transforms/Utils/EntryExitInstrumenter.h"

using namespace llvm;

namespace vine {

static StringRef cantRoute(const Function &F) {
  if (F.hasFnAttribute("fentry-call"))
    return "-mfentry";
  if (F.hasFnAttribute("xray-instruction-threshold") ||
      F.getFnAttribute("function-instrument").getValueAsString() ==
          "xray-always")
    return "-fxray-instrument";
  return "";
}

void insertHooks(Function &F, FunctionAnalysisManager &FAM) {
  if (StringRef Option = cantRoute(F); !Option.empty())
    reportError(F, "vine: the calls of " + Option +
                       " would run on growable stacks; leave it out");
  EntryExitInstrumenterPass(/*PostInlining=*/true).run(F, FAM);
}

} // namespace vine
