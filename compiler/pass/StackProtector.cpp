// SPDX-License-Identifier: MIT
//
// The stack protector of objects on the side stack. LLVM's own puts a canary
// between the arrays of a frame and the return address, and looks at it at each
// exit. Of arrays that left the frame it knows nothing. They get a canary of
// their own: the same guard value, in the same functions, checked at the same
// places, with the same call when it was overwritten. The frame keeps LLVM's if
// arrays stay there.
//
// Objects of fixed size share one canary, at the end of the last array
// (FrameLayout.h orders them): the first byte too many is found. Between an
// array and the canary there are only arrays, so that what an overflow
// destroys unnoticed is no pointer, as in LLVM's frames.
//
//     | pointers, numbers | small arrays | large arrays | canary |
//
// An object of dynamic size may lie in another chunk, below nothing of the
// function's. So each has a canary, and behind it the address of the one before
// it; the newest one's is in the frame, out of reach:
//
//     | object | guard | older |
//
// The chain is walked at exits, and where the scope of a VLA ends. A walk meets
// a canary before it uses the address behind it. longjmp frees what was
// allocated since setjmp, so a setjmp that returns resets the chain.
//
// Rejected: to leave the arrays to LLVM, in frames that are pinned; a canary at
// the top of each chunk, which no exit of the function at fault would look at.
#include "StackProtector.h"

#include "Abi.h"

#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

#include <climits>

using namespace llvm;

namespace vine {

StackProtector::StackProtector(Function &F) : F(F) {
  bool IsAlways = F.hasFnAttribute(Attribute::StackProtectReq);
  IsStrong = IsAlways || F.hasFnAttribute(Attribute::StackProtectStrong);
  IsOn = (IsStrong || F.hasFnAttribute(Attribute::StackProtect)) &&
         !F.hasFnAttribute(Attribute::SafeStack);
  Attribute Bytes = F.getFnAttribute("stack-protector-buffer-size");
  if (Bytes.isStringAttribute())
    Bytes.getValueAsString().getAsInteger(10, LargeBytes);
}

// --- who is protected: the rules of LLVM's StackProtector ---

// Of arrays, only those of characters count unless the protector is strong.
StackProtector::Rank StackProtector::rankOf(Type *Ty) const {
  if (auto *Array = dyn_cast<ArrayType>(Ty)) {
    if (!IsStrong && !Array->getElementType()->isIntegerTy(8))
      return NoArray;
    uint64_t Bytes =
        F.getParent()->getDataLayout().getTypeAllocSize(Ty).getFixedValue();
    return Bytes >= LargeBytes ? LargeArray : IsStrong ? SmallArray : NoArray;
  }
  Rank Most = NoArray;
  if (auto *Struct = dyn_cast<StructType>(Ty))
    for (Type *Element : Struct->elements())
      Most = std::max(Most, rankOf(Element));
  return Most;
}

// A local that left the frame has its address taken, which is enough for the
// strong protector.
StackProtector::Rank StackProtector::look(const AllocaInst &Local) {
  if (!IsOn)
    return NoArray;
  Rank R = rankOf(Local.getAllocatedType());
  if (Local.isArrayAllocation()) {
    auto *Count = dyn_cast<ConstantInt>(Local.getArraySize());
    R = !Count || Count->getZExtValue() >= LargeBytes ? LargeArray
        : IsStrong                                    ? SmallArray
                                                      : R;
  }
  Needed |= IsStrong || R != NoArray;
  return R;
}

StackProtector::Rank StackProtector::look(const Argument &ByVal) {
  if (!IsOn)
    return NoArray;
  Rank R = rankOf(ByVal.getParamByValType());
  Needed |= R != NoArray;
  return R;
}

// --- the guard ---

// Where the backend finds it (X86TargetLowering::getIRStackGuard): by %fs or
// %gs, at an offset that is a number or a symbol's value, or in a variable.
Value *StackProtector::guardAddress(IRBuilder<> &B) const {
  Module &M = *F.getParent();
  StringRef Mode = M.getStackProtectorGuard();
  if (Mode != "tls" && !Mode.empty())
    return M.getOrInsertGlobal("__stack_chk_guard", B.getPtrTy());
  unsigned Space = M.getStackProtectorGuardReg() == "gs" ? 256 : 257;
  StringRef Symbol = M.getStackProtectorGuardSymbol();
  if (!Symbol.empty()) {
    if (GlobalVariable *Known = M.getGlobalVariable(Symbol))
      return Known;
    return new GlobalVariable(M, B.getInt64Ty(), false,
                              GlobalValue::ExternalLinkage, nullptr, Symbol,
                              nullptr, GlobalValue::NotThreadLocal, Space);
  }
  int Offset = M.getStackProtectorGuardOffset();
  if (Offset == INT_MAX)
    Offset = 0x28;
  return ConstantExpr::getIntToPtr(
      ConstantInt::getSigned(B.getInt64Ty(), Offset),
      PointerType::get(F.getContext(), Space));
}

static Value *bytesAfter(IRBuilder<> &B, Value *Base, uint64_t Offset) {
  return B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Base, Offset);
}

// Volatile: a copy in the frame could be overwritten along with the canary.
Value *StackProtector::loadGuard(IRBuilder<> &B) const {
  return B.CreateLoad(B.getInt64Ty(), guardAddress(B), /*isVolatile=*/true,
                      "guard");
}

void StackProtector::plant(Instruction *Before, Value *Base, uint64_t Offset) {
  assert(Needed && !this->Base && "one canary a function");
  this->Base = Base;
  CanaryOffset = Offset;
  IRBuilder<> B(Before);
  B.CreateAlignedStore(loadGuard(B), bytesAfter(B, Base, Offset), Align(1),
                       /*isVolatile=*/true);
}

AllocaInst *StackProtector::newest() {
  if (!Newest) {
    IRBuilder<> B(&*F.getEntryBlock().begin());
    Newest = B.CreateAlloca(B.getPtrTy(), nullptr, "canaries");
    B.CreateStore(ConstantPointerNull::get(B.getPtrTy()), Newest);
  }
  return Newest;
}

void StackProtector::plantDynamic(Instruction *Before, Value *Address) {
  assert(Needed && "nothing to protect");
  IRBuilder<> B(Before);
  B.CreateAlignedStore(loadGuard(B), Address, Align(1), /*isVolatile=*/true);
  Value *Older = B.CreateLoad(B.getPtrTy(), newest());
  B.CreateAlignedStore(Older, bytesAfter(B, Address, 8), Align(1));
  B.CreateStore(Address, newest());
}

void StackProtector::enterScope(Instruction *Before, Value *Save) {
  IRBuilder<> B(Before);
  B.CreateStore(B.CreateLoad(B.getPtrTy(), newest()), Save);
}

void StackProtector::leaveScope(Instruction *Before, Value *Save) {
  IRBuilder<> B(Before);
  Value *Last = B.CreateLoad(B.getPtrTy(), Save);
  checkChain(Before, Last);
  B.SetInsertPoint(Before);
  B.CreateStore(Last, newest());
}

// --- the checks ---

BasicBlock *StackProtector::failBlock() {
  if (FailBlock)
    return FailBlock;
  LLVMContext &Ctx = F.getContext();
  FailBlock = BasicBlock::Create(Ctx, "stack.smashed", &F);
  IRBuilder<> B(FailBlock);
  if (DISubprogram *SP = F.getSubprogram())
    B.SetCurrentDebugLocation(DILocation::get(Ctx, 0, 0, SP));
  CallInst *Fail = B.CreateCall(F.getParent()->getOrInsertFunction(
      "__stack_chk_fail", FunctionType::get(B.getVoidTy(), false)));
  Fail->setDoesNotReturn();
  Fail->setDoesNotThrow();
  B.CreateUnreachable();
  return FailBlock;
}

Value *StackProtector::isBroken(IRBuilder<> &B, Value *Address) const {
  Value *Found = B.CreateAlignedLoad(B.getInt64Ty(), Address, Align(1),
                                     /*isVolatile=*/true, "canary");
  return B.CreateICmpNE(loadGuard(B), Found);
}

static MDNode *rarely(LLVMContext &Ctx) {
  return MDBuilder(Ctx).createBranchWeights(1, (1U << 20) - 1);
}

// Walks the chain down to Last.
//
//     for (p = newest; p != Last; p = p->older)
//       if (p->guard != guard) fail
void StackProtector::checkChain(Instruction *Before, Value *Last) {
  BasicBlock *Start = Before->getParent();
  BasicBlock *Rest = SplitBlock(Start, Before);
  LLVMContext &Ctx = F.getContext();
  BasicBlock *Head = BasicBlock::Create(Ctx, "canaries", &F, Rest);
  BasicBlock *Look = BasicBlock::Create(Ctx, "", &F, Rest);
  BasicBlock *Next = BasicBlock::Create(Ctx, "", &F, Rest);
  Start->getTerminator()->setSuccessor(0, Head);

  IRBuilder<> B(Start->getTerminator());
  Value *First = B.CreateLoad(B.getPtrTy(), newest());
  B.SetInsertPoint(Head);
  PHINode *At = B.CreatePHI(B.getPtrTy(), 2);
  At->addIncoming(First, Start);
  B.CreateCondBr(B.CreateICmpEQ(At, Last), Rest, Look);
  B.SetInsertPoint(Look);
  B.CreateCondBr(isBroken(B, At), failBlock(), Next, rarely(Ctx));
  B.SetInsertPoint(Next);
  Value *Older =
      B.CreateAlignedLoad(B.getPtrTy(), bytesAfter(B, At, 8), Align(1));
  At->addIncoming(Older, Next);
  B.CreateBr(Head);
}

void StackProtector::checkFixed(Instruction *Before) {
  BasicBlock *Start = Before->getParent();
  BasicBlock *Rest = SplitBlock(Start, Before);
  Start->getTerminator()->eraseFromParent();
  IRBuilder<> B(Start);
  B.CreateCondBr(isBroken(B, bytesAfter(B, Base, CanaryOffset)), failBlock(),
                 Rest, rarely(F.getContext()));
}

void StackProtector::check(Instruction *Before) {
  if (Base)
    checkFixed(Before);
  if (Newest)
    checkChain(Before,
               ConstantPointerNull::get(PointerType::get(F.getContext(), 0)));
}

void StackProtector::keepAcrossSetjmp() {
  SmallVector<CallInst *, 2> Calls;
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallInst>(&I);
        Call && Call->hasFnAttr(Attribute::ReturnsTwice))
      Calls.push_back(Call);
  for (CallInst *Call : Calls) {
    IRBuilder<> B(Call);
    Value *Kept = B.CreateLoad(B.getPtrTy(), Newest);
    B.SetInsertPoint(Call->getNextNode());
    B.CreateStore(Kept, Newest);
  }
}

// Where LLVM's protector looks: at returns, or before the call that takes their
// place, and before calls that unwind and don't return.
static Instruction *placeOfCheck(BasicBlock &Block) {
  if (auto *Ret = dyn_cast<ReturnInst>(Block.getTerminator()))
    return exitPoint(*Ret);
  for (Instruction &I : Block)
    if (auto *Call = dyn_cast<CallBase>(&I))
      if (Call->doesNotReturn() && !Call->doesNotThrow())
        return Call;
  return nullptr;
}

void StackProtector::checkAtExits() {
  if (!Base && !Newest)
    return;
  if (Newest)
    keepAcrossSetjmp();
  SmallVector<Instruction *, 4> Places;
  for (BasicBlock &Block : F)
    if (Instruction *Place = placeOfCheck(Block))
      Places.push_back(Place);
  for (Instruction *Place : Places)
    check(Place);
}

} // namespace vine
