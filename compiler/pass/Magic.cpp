// SPDX-License-Identifier: MIT
//
// The magic word before the entry of a function of ours (abi/README.md
// section 1), by which it is known through a pointer.
//
// It is prefix data, which the backend puts before the function. But what
// others want directly before an entry comes between:
//
//     magic | prefix data of a frontend | type for kcfi | nops | type | entry
//
// -fsanitize=kcfi looks for its type 4 bytes before the entry, UBSan's check
// of function types 8 bytes before, -fpatchable-function-entry=N,M for M nops.
// So in such a function the magic lies further away: at a distance that
// depends only on the options of the compilation. A constructor of each
// module tells the runtime which ones there are (__vine_magic_at). Where there
// is none, which is nearly always, the runtime looks at one place only.
//
// kcfi's check is of the pointer that is called; ForeignCalls.cpp makes that an
// argument of __vine_icall. So the check is made explicit before.
#include "Abi.h"
#include "Vine.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace vine {

static uint64_t nopsBefore(const Function &F) {
  uint64_t Nops = 0;
  F.getFnAttribute("patchable-function-prefix")
      .getValueAsString()
      .getAsInteger(10, Nops);
  return Nops;
}

// From the end of the prefix data to the entry, as AsmPrinter lays it out.
static uint64_t bytesBetween(const Function &F) {
  uint64_t Bytes = nopsBefore(F);
  if (F.getParent()->getModuleFlag("kcfi")) {
    // mov $type, %eax, if it has one, and padding that keeps the alignment.
    if (F.getMetadata(LLVMContext::MD_kcfi_type))
      Bytes += 5;
    Bytes = alignTo(Bytes, F.getAlign().valueOrOne());
  }
  if (F.getMetadata(LLVMContext::MD_func_sanitize))
    Bytes += 8;
  return Bytes;
}

// The magic is the first word of the prefix data, or all of it.
static uint64_t magicDistance(const Function &F) {
  Type *Ty = F.getPrefixData()->getType();
  return F.getParent()->getDataLayout().getTypeAllocSize(Ty).getFixedValue() +
         bytesBetween(F);
}

void placeMagic(Function &F) {
  LLVMContext &Ctx = F.getContext();
  Constant *Magic = ConstantInt::get(Type::getInt64Ty(Ctx), VINE_MAGIC);
  if (F.hasPrefixData())
    Magic = ConstantStruct::getAnon({Magic, F.getPrefixData()},
                                    /*Packed=*/true);
  F.setPrefixData(Magic);
  // With 8 bytes of prefix the entry is 8 modulo 16: never at the start of a
  // page, so the word before it may always be read.
  F.setAlignment(std::max(F.getAlign().valueOrOne(), Align(16)));
  uint64_t Distance = magicDistance(F);
  if (Distance == 8 || F.getParent()->getModuleFlag("kcfi"))
    return;
  if (Distance > VINE_MAGIC_FAR)
    reportError(F, "vine: too much stands before the entry of a function");
  else // the magic in the entry's page, too
    F.setAlignment(std::max(*F.getAlign(), Align(PowerOf2Ceil(Distance + 1))));
}

void keepTypes(Function &To, const Function &From) {
  for (unsigned Kind :
       {LLVMContext::MD_kcfi_type, LLVMContext::MD_func_sanitize})
    if (MDNode *Node = From.getMetadata(Kind))
      To.setMetadata(Kind, Node);
  // kcfi finds its type before the nops.
  if (nopsBefore(From) && From.getParent()->getModuleFlag("kcfi"))
    To.addFnAttr(From.getFnAttribute("patchable-function-prefix"));
}

// Whether placeMagic has been there.
static bool carriesMagic(const Function &F) {
  if (!F.hasPrefixData())
    return false;
  const Constant *First = F.getPrefixData();
  if (isa<ConstantStruct>(First))
    First = First->getAggregateElement(0u);
  auto *Word = dyn_cast<ConstantInt>(First);
  return Word && Word->getBitWidth() == 64 &&
         Word->getZExtValue() == VINE_MAGIC;
}

void announceMagic(Module &M) {
  SmallSetVector<uint64_t, 4> Distances;
  for (Function &F : M)
    if (carriesMagic(F))
      Distances.insert(magicDistance(F));
  Distances.remove(8);
  if (Distances.empty())
    return;
  LLVMContext &Ctx = M.getContext();
  auto *Ty = FunctionType::get(Type::getVoidTy(Ctx), false);
  auto *Ctor =
      Function::Create(Ty, GlobalValue::InternalLinkage, "vine.magic", M);
  Ctor->addFnAttr(ForeignAttr);
  Ctor->setDoesNotThrow();
  IRBuilder<> B(BasicBlock::Create(Ctx, "", Ctor));
  FunctionCallee At = runtimeFunction(
      M, "__vine_magic_at",
      FunctionType::get(B.getVoidTy(), {B.getInt32Ty()}, false));
  for (uint64_t Distance : Distances)
    B.CreateCall(At, {B.getInt32(Distance)});
  B.CreateRetVoid();
  appendToGlobalCtors(M, Ctor, 0);
}

static void checkType(CallInst &Call, const OperandBundleUse &Bundle) {
  auto *Type = cast<ConstantInt>(Bundle.Inputs[0]);
  int64_t Nops = 0;
  if (auto *Flag = mdconst::extract_or_null<ConstantInt>(
          Call.getModule()->getModuleFlag("kcfi-offset")))
    Nops = Flag->getZExtValue();
  IRBuilder<> B(&Call);
  Value *Where =
      B.CreateConstGEP1_64(B.getInt8Ty(), Call.getCalledOperand(), -4 - Nops);
  Value *Found = B.CreateAlignedLoad(B.getInt32Ty(), Where, Align(1));
  Instruction *Then = SplitBlockAndInsertIfThen(B.CreateICmpNE(Found, Type),
                                                &Call, /*Unreachable=*/true);
  IRBuilder<>(Then).CreateIntrinsic(B.getVoidTy(), Intrinsic::trap, {});
}

void checkTypesOfCalls(Function &F) {
  SmallVector<CallInst *, 8> Calls;
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallInst>(&I))
      if (Call->getOperandBundle(LLVMContext::OB_kcfi))
        Calls.push_back(Call);
  for (CallInst *Call : Calls) {
    if (Call->isIndirectCall())
      checkType(*Call, *Call->getOperandBundle(LLVMContext::OB_kcfi));
    CallBase *New =
        CallBase::removeOperandBundle(Call, LLVMContext::OB_kcfi, Call);
    New->copyMetadata(*Call);
    Call->replaceAllUsesWith(New);
    New->takeName(Call);
    Call->eraseFromParent();
  }
}

} // namespace vine
