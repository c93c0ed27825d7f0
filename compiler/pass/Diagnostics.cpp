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

// Checks and foreign calls use %r10 and %r11, which some conventions give to
// arguments or promise to keep. A variadic function of Windows' convention
// finds its arguments by its caller's frame.
static StringRef unsupported(CallingConv::ID CC, bool IsVariadic) {
  switch (CC) {
  case CallingConv::PreserveMost:
    return "preserve_most";
  case CallingConv::PreserveAll:
    return "preserve_all";
#if LLVM_VERSION_MAJOR >= 18
  case CallingConv::PreserveNone:
    return "preserve_none";
#endif
  case CallingConv::X86_RegCall:
    return "regcall";
  case CallingConv::Win64:
    return IsVariadic ? "variadic ms_abi" : "";
  default:
    return "";
  }
}

static void rejectConvention(Function &F, StringRef Name, Instruction *At) {
  if (!Name.empty())
    reportError(F,
                "vine: the calling convention " + Name +
                    " can't be used on growable stacks; compile with -fno-vine",
                At);
}

void rejectConventions(Function &F) {
  rejectConvention(F, unsupported(F.getCallingConv(), F.isVarArg()), nullptr);
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallBase>(&I); Call && !Call->isInlineAsm())
      rejectConvention(F,
                       unsupported(Call->getCallingConv(),
                                   Call->getFunctionType()->isVarArg()),
                       &I);
}

} // namespace vine
