// SPDX-License-Identifier: MIT
//
// Makes explicit the calls of -ftrap-function=, by which __builtin_trap and the
// checks of -fsanitize-trap become calls of a function of the program's during
// instruction selection, behind the routing of calls.
#include "Abi.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace vine {

static bool isTrap(const Instruction &I) {
  auto *II = dyn_cast<IntrinsicInst>(&I);
  return II && (II->getIntrinsicID() == Intrinsic::trap ||
                II->getIntrinsicID() == Intrinsic::ubsantrap);
}

// The arguments are those that the backend would pass: what kind of check it
// was, or none.
static void callInstead(IntrinsicInst &Trap, StringRef Name) {
  IRBuilder<> B(&Trap);
  SmallVector<Type *, 1> Params;
  SmallVector<Value *, 1> Args(Trap.args());
  for (Value *Arg : Args)
    Params.push_back(Arg->getType());
  B.CreateCall(Trap.getModule()->getOrInsertFunction(
                   Name, FunctionType::get(B.getVoidTy(), Params, false)),
               Args);
  Trap.eraseFromParent();
}

void callTrapFunctions(Function &F) {
  for (Instruction &I : make_early_inc_range(instructions(F)))
    if (isTrap(I)) {
      auto &Trap = cast<IntrinsicInst>(I);
      StringRef Name = Trap.getFnAttr("trap-func-name").getValueAsString();
      if (!Name.empty())
        callInstead(Trap, Name);
    }
}

} // namespace vine
