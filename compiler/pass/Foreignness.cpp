// SPDX-License-Identifier: MIT
//
// Which functions the pass leaves alone. A foreign function runs on the
// thread's system stack, or on a fixed one; it has no magic before its entry,
// so every caller finds out.
//
//  - VINE_FOREIGN, which is __attribute__((annotate("vine_foreign"))): clang
//    keeps annotations in the table @llvm.global.annotations.
//  - Functions under a sanitizer: its shadow of a frame doesn't move with the
//    frame. vinecc compiles such files for fixed stacks anyway (Pipeline.cpp);
//    this is for whoever runs the pass in another way.
//  - ifunc resolvers: they run in the dynamic linker, before relocation of
//    the words that the magic test and the checks read.
//  - Variadic functions that forward their arguments by musttail: C++ thunks.
//
// A foreign function must not be inlined into an instrumented one: that would
// put its calls and its locals onto the growable stack after all.
#include "Abi.h"
#include "Vine.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace vine {

static void markForeign(Function &F) {
  if (F.isDeclaration())
    return;
  F.addFnAttr(ForeignAttr);
  F.removeFnAttr(Attribute::AlwaysInline);
  F.addFnAttr(Attribute::NoInline);
}

// An entry of the table is { function, string, file, line, arguments }.
static void markAnnotated(Module &M) {
  auto *Table = M.getNamedGlobal("llvm.global.annotations");
  if (!Table || !Table->hasInitializer())
    return;
  auto *Entries = dyn_cast<ConstantArray>(Table->getInitializer());
  if (!Entries)
    return;
  for (Value *Entry : Entries->operands()) {
    auto *Fields = cast<ConstantStruct>(Entry);
    auto *F = dyn_cast<Function>(Fields->getOperand(0)->stripPointerCasts());
    auto *Text =
        dyn_cast<GlobalVariable>(Fields->getOperand(1)->stripPointerCasts());
    if (!F || !Text || !Text->hasInitializer())
      continue;
    auto *Data = dyn_cast<ConstantDataArray>(Text->getInitializer());
    if (Data && Data->isCString() && Data->getAsCString() == "vine_foreign")
      markForeign(*F);
  }
}

static bool isSanitized(const Function &F) {
  for (auto Kind : {Attribute::SanitizeAddress, Attribute::SanitizeHWAddress,
                    Attribute::SanitizeThread, Attribute::SanitizeMemory})
    if (F.hasFnAttribute(Kind))
      return true;
  return false;
}

static bool forwardsVariadicArguments(const Function &F) {
  return F.isVarArg() && any_of(instructions(F), [](const Instruction &I) {
           auto *Call = dyn_cast<CallInst>(&I);
           return Call && Call->isMustTailCall();
         });
}

void markForeignFunctions(Module &M) {
  markAnnotated(M);
  for (GlobalIFunc &I : M.ifuncs())
    if (auto *F = const_cast<Function *>(I.getResolverFunction()))
      markForeign(*F);
  for (Function &F : M)
    if (!F.isDeclaration() && (isSanitized(F) || forwardsVariadicArguments(F)))
      markForeign(F);
}

} // namespace vine
