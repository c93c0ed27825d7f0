// SPDX-License-Identifier: MIT
//
// Routes the calls of __stack_chk_fail that the backend inserts for the arrays
// of a frame, where the pass over the IR doesn't see them. libc's prints a
// message and aborts, which needs more stack than a goroutine must have left;
// so the call goes where one in the source would go (ForeignCalls.cpp), and a
// program's own __stack_chk_fail is called as any function of its.
//
// Two halves. The pass over the IR has each module with a protected function
// keep what leads there, though nothing calls it yet; the pass over machine
// code makes that the target of the calls.
#include "Abi.h"
#include "MachineHook.h"
#include "Vine.h"

#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/CodeGen/MachineInstr.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace vine {

static constexpr StringLiteral FailName = "__stack_chk_fail";

static bool mayHaveCanary(const Function &F) {
  return isInstrumented(F) &&
         (F.hasFnAttribute(Attribute::StackProtect) ||
          F.hasFnAttribute(Attribute::StackProtectStrong) ||
          F.hasFnAttribute(Attribute::StackProtectReq));
}

void keepStackFailure(Module &M) {
  if (!any_of(M, mayHaveCanary))
    return;
  FunctionCallee Fail = M.getOrInsertFunction(
      FailName, FunctionType::get(Type::getVoidTy(M.getContext()), false));
  auto *F = dyn_cast<Function>(Fail.getCallee());
  if (F && !F->hasLocalLinkage() && !entryAlias(*F))
    appendToCompilerUsed(M, {foreignThunk(*F)});
}

// Whether MO is where the backend calls it: by the name, or at -O0 by the
// declaration. What speaks of that elsewhere has its address taken.
static bool isFailure(const MachineOperand &MO) {
  if (MO.isSymbol())
    return MO.getSymbolName() == FailName;
  return MO.isGlobal() && MO.getGlobal()->getName() == FailName &&
         (MO.getParent()->isCall() ||
          MO.getParent()->getMF()->getTarget().getCodeModel() ==
              CodeModel::Large);
}

void routeStackFailure(MachineFunction &MF) {
  const Module &M = *MF.getFunction().getParent();
  const GlobalValue *Target = M.getNamedValue(("__vine_c_" + FailName).str());
  if (!Target)
    return;
  for (MachineBasicBlock &Block : MF)
    for (MachineInstr &MI : Block)
      for (MachineOperand &MO : MI.explicit_operands())
        if (isFailure(MO))
          MO.ChangeToGA(Target, 0, MO.getTargetFlags());
}

} // namespace vine
