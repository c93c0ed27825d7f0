// SPDX-License-Identifier: MIT
//
// The symbols by which other objects and the runtime find a module's
// functions: main under the runtime's name, one alias per function that other
// objects may call, and the ABI version that this object was compiled for.
#include "Abi.h"
#include "Vine.h"

#include "llvm/IR/GlobalAlias.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace vine {

// The runtime has the program's main, which starts the scheduler and then
// __vine_main as the first goroutine.
void renameMain(Module &M) {
  Function *Main = M.getFunction("main");
  if (Main && isInstrumented(*Main) && !Main->hasLocalLinkage())
    Main->setName("__vine_main");
}

// The strong counterpart of the weak thunk in ForeignCalls.cpp. Weak and
// inline definitions get none: which of them the linker keeps may turn out to
// be a foreign one.
GlobalValue *strongAlias(Function &F) {
  if (F.isDeclaration() || F.hasLocalLinkage() ||
      !F.isStrongDefinitionForLinker())
    return nullptr;
  bool IsVariadic = F.isVarArg() && F.hasFnAttribute(VariadicBodyAttr);
  if (!IsVariadic && !isInstrumented(F))
    return nullptr;
  std::string Name =
      ((IsVariadic ? "__vine_cv_" : "__vine_c_") + linkerName(F)).str();
  if (uint64_t N = IsVariadic ? 0 : stackArgumentBytes(F))
    Name += "." + std::to_string(N);
  if (GlobalValue *Known = F.getParent()->getNamedValue(Name))
    return Known;
  auto *A =
      GlobalAlias::create(F.getValueType(), 0, GlobalValue::ExternalLinkage,
                          Name, &F, F.getParent());
  A->setVisibility(GlobalValue::HiddenVisibility);
  A->setDSOLocal(true);
  return A;
}

void defineAliases(Module &M) {
  for (Function &F : M)
    strongAlias(F);
}

void referToAbi(Module &M) {
  LLVMContext &Ctx = M.getContext();
  Constant *Symbol = M.getOrInsertGlobal(VINE_ABI_SYMBOL, Type::getInt8Ty(Ctx));
  auto *Ref =
      new GlobalVariable(M, Symbol->getType(), /*isConstant=*/true,
                         GlobalValue::InternalLinkage, Symbol, "vine.abi");
  appendToUsed(M, {Ref});
}

} // namespace vine
