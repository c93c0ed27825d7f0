// SPDX-License-Identifier: MIT
//
// The floating-point environment (rounding, traps, flush to zero) belongs to
// the goroutine that set it, not to the thread it happens to be on. Saving the
// control words at every switch would cost as much as the rest of a switch,
// so the runtime is told when they may have changed: after each call of
// fesetround and its kin, intrinsics and inline assembly that load a control
// word,
//
//     call void @__vine_fp_changed()
//
// looks whether they differ from what the process started with; if so the
// goroutine's are saved and restored from then on (runtime/sched/fpenv.c).
//
// Not seen: a foreign function that sets them and returns without setting them
// back.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace llvm;

VINE_STATISTIC(NumReports, "Changes of the floating-point environment");

namespace vine {

static bool setsByName(StringRef Name) {
  static constexpr StringRef Setters[] = {
#define LIBC_FPENV(name) #name,
#include "../../abi/libc.def"
  };
  return is_contained(Setters, Name);
}

static bool asmLoadsControlWord(const InlineAsm &Asm) {
  std::string Copy = std::string(Asm.getAsmString()); // see Pin.cpp
  StringRef Text = Copy;
  for (StringRef Word : {"ldmxcsr", "fldcw", "fldenv", "frstor", "xrstor"})
    if (Text.contains(Word)) // vldmxcsr, fxrstor64 ... too
      return true;
  return Text.contains("fninit") || Text.contains("finit");
}

static bool intrinsicSets(const IntrinsicInst &II) {
  switch (II.getIntrinsicID()) {
  case Intrinsic::x86_sse_ldmxcsr:
  case Intrinsic::set_rounding:
#if LLVM_VERSION_MAJOR >= 17
  case Intrinsic::set_fpenv:
  case Intrinsic::reset_fpenv:
#endif
#if LLVM_VERSION_MAJOR >= 18
  case Intrinsic::set_fpmode:
  case Intrinsic::reset_fpmode:
#endif
    return true;
  default:
    return false;
  }
}

static bool setsFloatEnv(const CallInst &Call) {
  if (auto *Asm = dyn_cast<InlineAsm>(Call.getCalledOperand()))
    return asmLoadsControlWord(*Asm);
  if (auto *II = dyn_cast<IntrinsicInst>(&Call))
    return intrinsicSets(*II);
  const Function *Callee = calledFunction(Call);
  return Callee && Callee->isDeclaration() && setsByName(linkerName(*Callee));
}

void reportFloatEnv(Function &F) {
  SmallVector<CallInst *, 4> Calls;
  for (Instruction &I : instructions(F)) {
    auto *Call = dyn_cast<CallInst>(&I);
    if (Call && !Call->isMustTailCall() && setsFloatEnv(*Call))
      Calls.push_back(Call);
  }
  if (Calls.empty())
    return;
  FunctionCallee Changed = runtimeFunction(
      *F.getParent(), "__vine_fp_changed",
      FunctionType::get(Type::getVoidTy(F.getContext()), false));
  NumReports += Calls.size();
  for (CallInst *Call : Calls)
    IRBuilder<>(Call->getNextNode()).CreateCall(Changed);
}

} // namespace vine
