// SPDX-License-Identifier: MIT
//
// Messages to the programmer, through clang's own diagnostics, with the
// source line where the object is compiled with -g.
//
// Errors are clang's "unsupported" ones, which show the function's source.
// Warnings are those of a plugin: the only kind that comes with a name
// (-Wbackend-plugin), so that they can be switched off, and so that vinecc
// can keep -Werror from making errors of them: a configure script's check
// would fail for a reason that has nothing to do with what it looks for.
#include "Abi.h"
#include "Remarks.h"
#include "Vine.h"

#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace vine {

namespace {

class PluginWarning : public DiagnosticInfo {
  std::string Text;

public:
  explicit PluginWarning(std::string Text)
      : DiagnosticInfo(getNextAvailablePluginDiagnosticKind(), DS_Warning),
        Text(std::move(Text)) {}
  void print(DiagnosticPrinter &DP) const override { DP << Text; }
};

} // namespace

DiagnosticLocation locationOf(const Function &F, const Instruction *At) {
  if (At && At->getDebugLoc())
    return DiagnosticLocation(At->getDebugLoc());
  if (F.getSubprogram())
    return DiagnosticLocation(F.getSubprogram());
  return DiagnosticLocation();
}

void reportError(const Function &F, const Twine &Msg, const Instruction *At) {
  F.getContext().diagnose(
      DiagnosticInfoUnsupported(F, Msg, locationOf(F, At), DS_Error));
}

void reportWarning(const Function &F, const Twine &Msg, const Instruction *At) {
  DiagnosticLocation Loc = locationOf(F, At);
  std::string Where = F.getParent()->getSourceFileName();
  if (Loc.isValid())
    Where = (Loc.getRelativePath() + ":" + Twine(Loc.getLine())).str();
  F.getContext().diagnose(PluginWarning(
      (Where + ": in function '" + linkerName(F) + "': " + Msg).str()));
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
