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
#include "llvm/IR/IntrinsicInst.h"

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

// Whether the backend would pass a value of Windows' convention by its address,
// in a frame that may move.
static bool goesByAddress(Type *Ty) {
  return Ty->isVectorTy() || Ty->isX86_FP80Ty() || Ty->isFP128Ty() ||
         Ty->isAggregateType() || Ty->getPrimitiveSizeInBits() > 64;
}

// Windows' convention: variadic functions find their arguments by their
// caller's frame, and what isn't a scalar of a register's size may lie there.
static StringRef unsupportedWin64(const FunctionType &Ty) {
  if (Ty.isVarArg())
    return "variadic ms_abi";
  if (any_of(Ty.params(), goesByAddress) || goesByAddress(Ty.getReturnType()))
    return "ms_abi with vectors or wide numbers";
  return "";
}

// Swift's returns up to four words in registers, ours three. Its error and its
// asynchronous context are not values like others.
static StringRef unsupportedSwift(const FunctionType &Ty,
                                  const AttributeList &Attributes) {
  if (Attributes.hasAttrSomewhere(Attribute::SwiftError) ||
      Attributes.hasAttrSomewhere(Attribute::SwiftAsync))
    return "swiftcall with an error result";
  auto *Result = dyn_cast<StructType>(Ty.getReturnType());
  return Result && Result->getNumElements() > 3
             ? "swiftcall with a result of four registers"
             : "";
}

// Checks and foreign calls use %r10 and %r11, which some conventions give to
// arguments or promise to keep; and a foreign call copies what arguments C's
// convention has on the stack. So those are listed that are right.
static std::string unsupported(CallingConv::ID CC, const FunctionType &Ty,
                               const AttributeList &Attributes) {
  switch (CC) {
  case CallingConv::C:
  case CallingConv::Fast: // the optimiser's, within a module
  case CallingConv::Cold:
  case CallingConv::X86_64_SysV:
  case CallingConv::X86_INTR: // foreign
    return "";
  case CallingConv::Win64:
    return unsupportedWin64(Ty).str();
  case CallingConv::Swift:
    return unsupportedSwift(Ty, Attributes).str();
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
  case CallingConv::X86_VectorCall:
    return "vectorcall";
  case CallingConv::SwiftTail:
    return "swiftasynccall";
  default:
    return "of LLVM's number " + std::to_string(CC);
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
  rejectConvention(
      F,
      unsupported(F.getCallingConv(), *F.getFunctionType(), F.getAttributes()),
      nullptr);
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallBase>(&I);
        Call && !Call->isInlineAsm() && !isa<IntrinsicInst>(Call))
      rejectConvention(F,
                       unsupported(Call->getCallingConv(),
                                   *Call->getFunctionType(),
                                   Call->getAttributes()),
                       &I);
}

} // namespace vine
