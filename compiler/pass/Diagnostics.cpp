// SPDX-License-Identifier: MIT
//
// Messages to the programmer, through clang's own diagnostics, with the
// source line where the object is compiled with -g.
#include "Abi.h"
#include "Vine.h"

#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace vine {

static void report(const Function &F, const Twine &Msg, const Instruction *At,
                   DiagnosticSeverity Severity) {
  DiagnosticLocation Loc;
  if (At && At->getDebugLoc())
    Loc = DiagnosticLocation(At->getDebugLoc());
  else if (F.getSubprogram())
    Loc = DiagnosticLocation(F.getSubprogram());
  F.getContext().diagnose(DiagnosticInfoUnsupported(F, Msg, Loc, Severity));
}

void reportError(const Function &F, const Twine &Msg, const Instruction *At) {
  report(F, Msg, At, DS_Error);
}

void reportWarning(const Function &F, const Twine &Msg, const Instruction *At) {
  report(F, Msg, At, DS_Warning);
}

// The unwinder walks frames by the tables of their code and knows nothing of
// the switches that foreign calls make.
void rejectExceptions(Function &F) {
  for (Instruction &I : instructions(F))
    if (I.isEHPad() || isa<ResumeInst>(I)) {
      reportError(F,
                  "vine: exceptions can't unwind growable stacks; compile "
                  "with -fno-exceptions or -fno-vine",
                  &I);
      return;
    }
}

} // namespace vine
