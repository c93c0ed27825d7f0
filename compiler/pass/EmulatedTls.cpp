// SPDX-License-Identifier: MIT
//
// Thread-local variables under -femulated-tls: memory that a function of the
// compiler's library, __emutls_get_address, finds for the calling thread.
//
// The backend makes the calls of that function when it selects instructions.
// It may allocate, so it must not run on a goroutine's stack, and the late
// rewrites must know of the calls. So they are made here, before frames become
// movable. The variable __emutls_v.x, by which the function knows x, is the
// backend's, too; it makes none where there is one already.
//
// What the early stage hides of thread-local addresses it hides of these:
// ThreadLocal.cpp.
#include "Abi.h"
#include "Vine.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace vine {

// Of the linkage that the backend's variables have.
static GlobalVariable *createFor(GlobalVariable &Var, Type *Ty, StringRef Name,
                                 Constant *Init, bool IsConstant) {
  Module &M = *Var.getParent();
  auto Linkage = Var.hasAvailableExternallyLinkage()
                     ? GlobalValue::ExternalLinkage
                     : Var.getLinkage();
  assert(Linkage != GlobalValue::CommonLinkage && "clang makes none");
  auto *New = new GlobalVariable(M, Ty, IsConstant, Linkage, Init, Name);
  New->setVisibility(Var.getVisibility());
  New->setDSOLocal(Var.isDSOLocal());
  if (Var.hasComdat()) {
    Comdat *C = M.getOrInsertComdat(Name);
    C->setSelectionKind(Var.getComdat()->getSelectionKind());
    New->setComdat(C);
  }
  return New;
}

// What Var begins with in each thread; null for zeros.
static Constant *templateOf(GlobalVariable &Var) {
  Constant *Init = Var.getInitializer();
  if (Init->isNullValue() || isa<UndefValue>(Init))
    return ConstantPointerNull::get(PointerType::get(Var.getContext(), 0));
  auto *Template =
      createFor(Var, Init->getType(), ("__emutls_t." + Var.getName()).str(),
                Init, /*IsConstant=*/true);
  Template->setAlignment(Var.getAlign().valueOrOne());
  return Template;
}

// { size, alignment, the function's own, template }
static GlobalVariable *controlOf(GlobalVariable &Var) {
  Module &M = *Var.getParent();
  std::string Name = ("__emutls_v." + Var.getName()).str();
  if (GlobalVariable *Known = M.getNamedGlobal(Name))
    return Known;
  const DataLayout &DL = M.getDataLayout();
  Type *Word = DL.getIntPtrType(M.getContext());
  auto *Ptr = PointerType::get(M.getContext(), 0);
  auto *Ty = StructType::get(Word, Word, Ptr, Ptr);
  Constant *Init = nullptr;
  if (!Var.isDeclarationForLinker()) {
    Type *Held = Var.getValueType();
    Align A = std::max(DL.getABITypeAlign(Held), Var.getAlign().valueOrOne());
    Init = ConstantStruct::get(
        Ty, {ConstantInt::get(Word, DL.getTypeStoreSize(Held)),
             ConstantInt::get(Word, A.value()), ConstantPointerNull::get(Ptr),
             templateOf(Var)});
  }
  auto *Control = createFor(Var, Ty, Name, Init, /*IsConstant=*/false);
  Control->setAlignment(
      std::max(DL.getABITypeAlign(Word), DL.getABITypeAlign(Ptr)));
  return Control;
}

void callEmulatedTls(Function &F) {
  if (!emulatesTls(F))
    return;
  hideThreadLocals(F); // what the optimiser may have added
  SmallVector<CallInst *, 8> Addresses;
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallInst>(&I))
      if (Function *Callee = calledFunction(*Call))
        if (Callee->getName().starts_with(TlsAddressPrefix))
          Addresses.push_back(Call);
  auto *Ptr = PointerType::get(F.getContext(), 0);
  for (CallInst *Call : Addresses) {
    auto *Var = cast<GlobalVariable>(
        Call->getArgOperand(0)->stripPointerCastsAndAliases());
    IRBuilder<> B(Call);
    FunctionCallee Get = runtimeFunction(*F.getParent(), "__emutls_get_address",
                                         FunctionType::get(Ptr, {Ptr}, false));
    Call->replaceAllUsesWith(B.CreateCall(Get, {controlOf(*Var)}));
    Call->eraseFromParent();
  }
}

} // namespace vine
