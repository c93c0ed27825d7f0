// SPDX-License-Identifier: MIT
//
// Moves locals whose address is taken from the frame to the side stack, which
// never moves (abi/README.md section 2).
//
// All static locals of a function share one allocation, made in the entry
// block and given back at each exit:
//
//     new = SSP - N
//     room = SSP - SS_LO                           // unsigned
//     if (room <= SS_SIZE && room >= N) SSP = new
//     else new = __vine_side_alloc(N)              // cold, preserves all
//     ...
//     SSP = new + N
//
// Each use gets an address of its own, computed right before it: "base +
// constant" folds into addressing modes, and one base is all that lives
// across calls. Dynamic allocas and VLAs allocate where they stand.
//
// The exits leave SSP where the allocation began, not where it was at entry:
// these differ when a new chunk was taken. Then the next call finds SSP in that
// chunk; else each call at the edge of a chunk would take the slow path, some
// 280 instructions (the hot split of segmented stacks). A function with nothing
// but dynamic allocas, and the scope of a VLA, allocate a granule for that: if
// it lies in an older chunk it goes to the newer one next time (is_hot in
// runtime/mem/sidestack.c), and takes the rest with it.
//
// Locals that stay in the frame keep it free of their address by another
// trick: small copies and fills of them become loads and stores here.
//
// Runs on every instrumented function, after everything that introduces
// locals. See also EscapeAnalysis.h (who moves), FrameLayout.h (where to).
#include "Abi.h"
#include "DebugInfo.h"
#include "EscapeAnalysis.h"
#include "FrameLayout.h"
#include "Remarks.h"
#include "StackProtector.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/Analysis/StackLifetime.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

VINE_STATISTIC(NumKept, "Locals that stay in the frame");
VINE_STATISTIC(NumMoved, "Locals moved to the side stack");
VINE_STATISTIC(NumByVal, "Arguments in memory moved to the side stack");
VINE_STATISTIC(NumDynamic,
               "Allocations of dynamic size moved to the side stack");
VINE_STATISTIC(NumBytes,
               "Bytes of the side stack used by locals of fixed size");

namespace vine {

void expandCopy(MemIntrinsic &MI); // MemExpand.cpp

namespace {

// Rewrites one function.
class SideStack {
public:
  explicit SideStack(Function &F)
      : F(F), DL(F.getParent()->getDataLayout()), Analysis(F), Protector(F) {}

  void run();

private:
  Function &F;
  const DataLayout &DL;
  EscapeAnalysis Analysis;
  StackProtector Protector;

  SmallVector<AllocaInst *, 8> Kept, Moved, Dynamic;
  SmallVector<Argument *, 2> MovedByVal;
  SmallPtrSet<Argument *, 2> Copied; // byval arguments with a local's copy
  FrameLayout Layout;
  Value *Base = nullptr; // of the static objects
  Value *End = nullptr;  // what the exits make SSP; null: it was never changed

  void reserveAlignment();
  void copyToLocals();
  void collect();
  void expandCopiesOfKept();
  void sinkAddressesOfKept();
  void layOut();
  Instruction *hoistAllocas();
  void allocate();
  void copyByValArguments(Instruction *Before);
  void redirect(Value &Local, uint64_t Offset, uint64_t SizeBytes);
  void describe(Value &Local, uint64_t Offset);
  AllocaInst *debugSlot();
  void moveDynamic(AllocaInst &AI);
  void replaceStackSaves();
  void restoreAtExits();

  struct Allocation {
    Value *Object, *End;
  };
  Allocation emitAllocation(Instruction *Before, Value *Bytes, Align A);
  AllocaInst *Slot = nullptr;
};

} // namespace

// What is left of a byval argument's alignment in a stack that has moved, or
// where a callback's arguments were copied to.
static Align alignmentNow(const Argument &A) {
  return std::min(A.getParamAlign().valueOrOne(), Align(16));
}

// For over-aligned arguments, own ones too, the prologue aligns the stack
// pointer, by up to A - 1 bytes, which no check covers: LLVM doesn't count them
// as the frame's. So such a frame is larger by an object of A bytes, named in
// assembly that is empty.
void SideStack::reserveAlignment() {
  Align Most(VINE_STACK_ALIGN);
  for (Argument &A : F.args())
    if (A.hasByValAttr())
      Most = std::max(Most, A.getParamAlign().valueOrOne());
  for (Instruction &I : instructions(F))
    if (auto *CB = dyn_cast<CallBase>(&I); CB && !CB->isInlineAsm())
      for (unsigned A = 0; A < CB->arg_size(); ++A)
        if (CB->isByValArgument(A))
          Most = std::max(Most, CB->getParamAlign(A).valueOrOne());
  if (Most == Align(VINE_STACK_ALIGN))
    return;
  LLVMContext &Ctx = F.getContext();
  IRBuilder<> B(&*F.getEntryBlock().getFirstInsertionPt());
  auto *Ty = ArrayType::get(B.getInt8Ty(), Most.value());
  AllocaInst *Room = B.CreateAlloca(Ty, nullptr, "alignment");
  auto *AsmTy = FunctionType::get(B.getVoidTy(), {B.getPtrTy()}, false);
  CallInst *Name = B.CreateCall(
      InlineAsm::get(AsmTy, "", "*m", /*hasSideEffects=*/true), {Room});
  Name->addParamAttr(0, Attribute::get(Ctx, Attribute::ElementType, Ty));
}

// Small byval arguments with direct uses become locals, which may stay in a
// frame that moves (EscapeAnalysis.cpp says why they themselves may not).
void SideStack::copyToLocals() {
  for (Argument &A : F.args()) {
    if (!A.hasByValAttr() || A.use_empty() || !Analysis.fitsInLocal(A))
      continue;
    IRBuilder<> B(&*F.getEntryBlock().getFirstInsertionPt());
    AllocaInst *Local = B.CreateAlloca(A.getParamByValType());
    Align Alignment = std::max(A.getParamAlign().valueOrOne(), Align(8));
    Local->setAlignment(Alignment);
    A.replaceAllUsesWith(Local);
    expandCopy(*cast<MemIntrinsic>(B.CreateMemCpy(
        Local, Alignment, &A, alignmentNow(A),
        DL.getTypeAllocSize(A.getParamByValType()).getFixedValue())));
    Copied.insert(&A);
  }
}

static uint64_t sizeOf(const AllocaInst &AI, const DataLayout &DL) {
  assert(AI.isStaticAlloca() && "the size of others is known when they run");
  uint64_t Count = cast<ConstantInt>(AI.getArraySize())->getZExtValue();
  uint64_t Size =
      DL.getTypeAllocSize(AI.getAllocatedType()).getFixedValue() * Count;
  // Even an empty object has an address of its own.
  return std::max<uint64_t>(Size, 1);
}

static uint64_t sizeOf(const Argument &ByVal, const DataLayout &DL) {
  return std::max<uint64_t>(
      DL.getTypeAllocSize(ByVal.getParamByValType()).getFixedValue(), 1);
}

void SideStack::collect() {
  for (Instruction &I : instructions(F)) {
    auto *AI = dyn_cast<AllocaInst>(&I);
    if (!AI)
      continue;
    Escape Why = Analysis.whyLeaves(*AI);
    if (!Why) {
      Kept.push_back(AI);
      continue;
    }
    bool IsStatic = AI->isStaticAlloca();
    remarkOnMove(F, *AI, IsStatic ? sizeOf(*AI, DL) : 0, Why);
    (IsStatic ? Moved : Dynamic).push_back(AI);
  }
  for (Argument &A : F.args()) {
    if (!A.hasByValAttr() || Copied.contains(&A))
      continue;
    if (Escape Why = Analysis.whyLeaves(A)) {
      remarkOnMove(F, A, sizeOf(A, DL), Why);
      MovedByVal.push_back(&A);
    }
  }
}

// Collects what copies and fills reach from Local through constant offsets.
static void collectCopies(Value &Local,
                          SmallSetVector<MemIntrinsic *, 8> &Out) {
  for (User *U : Local.users()) {
    if (auto *MI = dyn_cast<MemIntrinsic>(U)) {
      if (EscapeAnalysis::isExpandable(*MI))
        Out.insert(MI);
    } else if (isa<GetElementPtrInst>(U)) {
      collectCopies(*U, Out);
    }
  }
}

void SideStack::expandCopiesOfKept() {
  SmallSetVector<MemIntrinsic *, 8> Copies;
  for (AllocaInst *AI : Kept)
    collectCopies(*AI, Copies);
  for (Argument &A : F.args())
    if (A.hasByValAttr() && !is_contained(MovedByVal, &A))
      collectCopies(A, Copies);
  for (MemIntrinsic *MI : Copies)
    expandCopy(*MI);
}

// Gives each access of Local an address computed beside it. One computed in
// another block would be carried here in a register, across calls.
static void sinkAddresses(Value &Local, const DataLayout &DL) {
  for (User *U : make_early_inc_range(Local.users())) {
    auto *GEP = dyn_cast<GetElementPtrInst>(U);
    if (!GEP)
      continue;
    sinkAddresses(*GEP, DL);
    APInt Offset(DL.getIndexTypeSizeInBits(GEP->getType()), 0);
    GEP->accumulateConstantOffset(DL, Offset);
    for (Use &Access : make_early_inc_range(GEP->uses())) {
      if (isUndisturbed(*GEP, *pointOfUse(Access)))
        continue;
      IRBuilder<> B(pointOfUse(Access));
      Access.set(
          B.CreateConstGEP1_64(B.getInt8Ty(), &Local, Offset.getSExtValue()));
    }
    if (GEP->use_empty())
      GEP->eraseFromParent();
  }
}

#ifndef NDEBUG
// True if no address in Local is carried from its GEP across a call.
static bool addressesAreBesideUses(Value &Local) {
  return all_of(Local.users(), [](User *U) {
    auto *GEP = dyn_cast<GetElementPtrInst>(U);
    return !GEP || (addressesAreBesideUses(*GEP) &&
                    all_of(GEP->uses(), [&](Use &Access) {
                      return isUndisturbed(*GEP, *pointOfUse(Access));
                    }));
  });
}
#endif

void SideStack::sinkAddressesOfKept() {
  for (AllocaInst *AI : Kept)
    sinkAddresses(*AI, DL);
  for (Argument &A : F.args())
    if (A.hasByValAttr() && !is_contained(MovedByVal, &A))
      sinkAddresses(A, DL);
  assert(all_of(Kept,
                [](AllocaInst *AI) { return addressesAreBesideUses(*AI); }) &&
         "invariant I1: an address is carried across a call");
}

void SideStack::layOut() {
  SmallVector<FrameObject, 8> Objects;
  SmallVector<const AllocaInst *, 8> Allocas;
  for (AllocaInst *AI : Moved) {
    Objects.push_back({sizeOf(*AI, DL), AI->getAlign(), Protector.look(*AI)});
    Allocas.push_back(AI);
  }
  for (Argument *A : MovedByVal)
    Objects.push_back({sizeOf(*A, DL),
                       std::max(A->getParamAlign().valueOrOne(), Align(8)),
                       Protector.look(*A)});
  for (AllocaInst *AI : Dynamic)
    Protector.look(*AI);
  if (Protector.isNeeded() && !Objects.empty())
    Objects.push_back({StackProtector::CanaryBytes, Align(1),
                       StackProtector::Canary}); // aligned or not
  // Lifetime markers bound the time in which a local's address is valid, so
  // two locals that are never alive together may share memory. setjmp adds
  // edges that the analysis doesn't see.
  StackLifetime Lifetime(F, Allocas, StackLifetime::LivenessType::May);
  bool Share = Allocas.size() > 1 && !F.callsFunctionThatReturnsTwice() &&
               !F.hasOptNone();
  if (!Share) {
    Layout = layoutFrame(Objects, nullptr);
    return;
  }
  Lifetime.run();
  Layout = layoutFrame(Objects, [&](unsigned I, unsigned J) {
    return I >= Allocas.size() || J >= Allocas.size() ||
           Lifetime.getLiveRange(Allocas[I])
               .overlaps(Lifetime.getLiveRange(Allocas[J]));
  });
}

// Puts all static allocas at the top of the entry block; returns the first
// instruction after them. Not a debug intrinsic (LLVM 16 has those where
// LLVM 19 has records): describe() erases the ones of locals that move, and
// callers insert before what is returned.
Instruction *SideStack::hoistAllocas() {
  BasicBlock &Entry = F.getEntryBlock();
  SmallVector<AllocaInst *, 8> Allocas;
  for (Instruction &I : Entry)
    if (auto *AI = dyn_cast<AllocaInst>(&I))
      if (AI->isStaticAlloca())
        Allocas.push_back(AI);
  for (AllocaInst *AI : reverse(Allocas))
    AI->moveBefore(&*Entry.begin());
  BasicBlock::iterator It = Entry.begin();
  while (auto *AI = dyn_cast<AllocaInst>(&*It)) {
    if (!AI->isStaticAlloca())
      break;
    ++It;
  }
  while (isa<DbgInfoIntrinsic>(*It))
    ++It;
  return &*It;
}

// Emits the sequence in the header comment before Before: Bytes bytes, and the
// SSP that gives them back.
SideStack::Allocation SideStack::emitAllocation(Instruction *Before,
                                                Value *Bytes, Align A) {
  LLVMContext &Ctx = F.getContext();
  IRBuilder<> B(Before);
  assert(Bytes->getType()->isIntegerTy(64) && "sizes are 64 bits wide");
  bool OverAligned = A > Align(VINE_SIDE_ALIGN);
  Value *OldSSP = loadTcb(B, VINE_TCB_SSP, "ssp");
  Value *New = B.CreateSub(OldSSP, Bytes, "side");
  if (OverAligned)
    New = B.CreateAnd(New, -A.value());
  Value *Lo = loadTcb(B, VINE_TCB_SS_LO);
  Value *Size = loadTcb(B, VINE_TCB_SS_SIZE);
  // SSP may lie in an older chunk, right above the current one in memory:
  // that New lies in the current one is not enough.
  Value *Room = B.CreateSub(OldSSP, Lo);
  Value *Enough = OverAligned ? B.CreateICmpULE(B.CreateSub(New, Lo), Room)
                              : B.CreateICmpUGE(Room, Bytes);
  Value *Fits = B.CreateAnd(B.CreateICmpULE(Room, Size), Enough);

  Instruction *Fast, *Slow;
  SplitBlockAndInsertIfThenElse(Fits, Before, &Fast, &Slow,
                                MDBuilder(Ctx).createBranchWeights(1 << 20, 1));
  B.SetInsertPoint(Fast);
  storeTcb(B, New, VINE_TCB_SSP);

  B.SetInsertPoint(Slow);
  FunctionCallee Alloc = runtimeFunction(
      *F.getParent(), "__vine_side_alloc",
      FunctionType::get(B.getInt64Ty(), {B.getInt64Ty()}, false));
  cast<Function>(Alloc.getCallee())->setCallingConv(CallingConv::PreserveAll);
  Value *Want = OverAligned ? B.CreateAdd(Bytes, B.getInt64(A.value())) : Bytes;
  CallInst *Call = B.CreateCall(Alloc, {Want});
  Call->setCallingConv(CallingConv::PreserveAll);
  Value *FromSlow = Call, *SlowEnd = nullptr;
  if (OverAligned) {
    FromSlow =
        B.CreateAnd(B.CreateAdd(Call, B.getInt64(A.value() - 1)), -A.value());
    SlowEnd = B.CreateAdd(Call, Want);
  }

  B.SetInsertPoint(Before);
  auto Join = [&](Value *FromFast, Value *FromSlow, const char *Name) {
    PHINode *Result = B.CreatePHI(B.getInt64Ty(), 2, Name);
    Result->addIncoming(FromFast, Fast->getParent());
    Result->addIncoming(FromSlow, Slow->getParent());
    return Result;
  };
  PHINode *Address = Join(New, FromSlow, "side.base");
  Value *SSPAfter = OverAligned ? Join(OldSSP, SlowEnd, "side.end") : nullptr;
  return {B.CreateIntToPtr(Address, B.getPtrTy()), SSPAfter};
}

void SideStack::allocate() {
  Instruction *Start = hoistAllocas();
  if (!Dynamic.empty() && !F.hasFnAttribute(VariadicBodyAttr))
    Layout.Size = std::max(Layout.Size, uint64_t(VINE_SIDE_ALIGN));
  if (Layout.Size) {
    Value *Bytes = IRBuilder<>(Start).getInt64(Layout.Size);
    Allocation A = emitAllocation(Start, Bytes, Layout.Alignment);
    Base = A.Object;
    End = A.End;
    if (Layout.Offsets.size() > Moved.size() + MovedByVal.size())
      Protector.plant(Start, Base, Layout.Offsets.back());
    copyByValArguments(Start);
  }
  unsigned I = 0;
  for (AllocaInst *AI : Moved)
    redirect(*AI, Layout.Offsets[I++], sizeOf(*AI, DL));
  for (AllocaInst *AI : Moved)
    AI->eraseFromParent();
}

void SideStack::copyByValArguments(Instruction *Before) {
  for (unsigned I = 0; I < MovedByVal.size(); ++I) {
    Argument &A = *MovedByVal[I];
    uint64_t Offset = Layout.Offsets[Moved.size() + I];
    redirect(A, Offset, sizeOf(A, DL));
    // Nothing is passed for an empty one: there may be no byte to read (the
    // arguments of vine_go end where the stack does).
    if (DL.getTypeAllocSize(A.getParamByValType()).isZero())
      continue;
    IRBuilder<> B(Before);
    Value *Dst = B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Base, Offset);
    auto *Copy = cast<MemIntrinsic>(
        B.CreateMemCpy(Dst, commonAlignment(Layout.Alignment, Offset), &A,
                       alignmentNow(A), sizeOf(A, DL)));
    if (EscapeAnalysis::isExpandable(*Copy))
      expandCopy(*Copy);
  }
}

// Makes every use of Local use Base + Offset.
void SideStack::redirect(Value &Local, uint64_t Offset, uint64_t SizeBytes) {
  assert(Base && "nothing was allocated");
  assert(Offset + SizeBytes <= Layout.Size && "beyond the allocation");
  describe(Local, Offset);
  SmallVector<Use *, 16> Uses;
  for (Use &U : Local.uses())
    Uses.push_back(&U);
  // A block may come into a phi by several edges; all need the same value.
  DenseMap<std::pair<PHINode *, BasicBlock *>, Value *> ForPhi;
  for (Use *U : Uses) {
    auto *I = cast<Instruction>(U->getUser());
    if (I->isLifetimeStartOrEnd()) {
      I->eraseFromParent();
      continue;
    }
    Value **Known = nullptr;
    if (auto *Phi = dyn_cast<PHINode>(I)) {
      Known = &ForPhi[{Phi, Phi->getIncomingBlock(*U)}];
      if (*Known) {
        U->set(*Known);
        continue;
      }
    }
    IRBuilder<> B(pointOfUse(*U));
    Value *Address =
        Offset ? B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Base, Offset)
               : Base;
    U->set(Address);
    if (Known)
      *Known = Address;
  }
}

// At -O0 the base gets a slot in the frame, so that the debugger finds it at
// every instruction and not only where a register holds it.
AllocaInst *SideStack::debugSlot() {
  if (!Slot) {
    IRBuilder<> Top(&*F.getEntryBlock().begin());
    Slot = Top.CreateAlloca(Top.getPtrTy(), nullptr, "side.slot");
    auto *After = cast<Instruction>(Base)->getNextNode();
    IRBuilder<>(After).CreateStore(Base, Slot);
  }
  return Slot;
}

void SideStack::describe(Value &Local, uint64_t Offset) {
  if (!F.getSubprogram())
    return;
  if (F.hasOptNone())
    describeBySlot(Local, *debugSlot(), Offset);
  else
    describeAtBase(Local, *cast<Instruction>(Base), Offset);
}

void SideStack::moveDynamic(AllocaInst &AI) {
  IRBuilder<> B(&AI);
  uint64_t EltBytes =
      DL.getTypeAllocSize(AI.getAllocatedType()).getFixedValue();
  Value *Count = B.CreateZExtOrTrunc(AI.getArraySize(), B.getInt64Ty());
  Value *Bytes = B.CreateMul(Count, B.getInt64(EltBytes));
  Value *Size = Bytes;
  if (Protector.isNeeded())
    Bytes = B.CreateAdd(Bytes, B.getInt64(StackProtector::RecordBytes));
  Bytes = B.CreateAnd(B.CreateAdd(Bytes, B.getInt64(VINE_SIDE_ALIGN - 1)),
                      -uint64_t(VINE_SIDE_ALIGN));
  Value *Address = emitAllocation(&AI, Bytes, AI.getAlign()).Object;
  if (Protector.isNeeded()) {
    B.SetInsertPoint(&AI);
    Protector.plantDynamic(&AI,
                           B.CreateInBoundsGEP(B.getInt8Ty(), Address, Size));
  }
  for (User *U : make_early_inc_range(AI.users()))
    if (auto *I = dyn_cast<Instruction>(U); I && I->isLifetimeStartOrEnd())
      I->eraseFromParent();
  Address->takeName(&AI);
  AI.replaceAllUsesWith(Address);
  AI.eraseFromParent();
}

// llvm.stacksave and llvm.stackrestore bracket the scope of a VLA. What they
// must save and restore is the SSP now.
void SideStack::replaceStackSaves() {
  bool HasCanaries = Protector.isNeeded() && !Dynamic.empty();
  SmallVector<IntrinsicInst *, 4> Brackets; // allocating splits blocks
  for (Instruction &I : instructions(F))
    if (auto *II = dyn_cast<IntrinsicInst>(&I))
      if (II->getIntrinsicID() == Intrinsic::stacksave ||
          II->getIntrinsicID() == Intrinsic::stackrestore)
        Brackets.push_back(II);
  for (IntrinsicInst *II : Brackets) {
    IRBuilder<> B(II);
    if (II->getIntrinsicID() == Intrinsic::stacksave) {
      Value *Bytes = B.getInt64(VINE_SIDE_ALIGN);
      Value *Object = emitAllocation(II, Bytes, Align(VINE_SIDE_ALIGN)).Object;
      if (HasCanaries)
        Protector.enterScope(II, Object);
      B.SetInsertPoint(II);
      Value *SSP =
          B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Object, VINE_SIDE_ALIGN);
      II->replaceAllUsesWith(SSP);
      II->eraseFromParent();
    } else {
      Value *SSP = II->getArgOperand(0);
      if (HasCanaries)
        Protector.leaveScope(II, B.CreateConstInBoundsGEP1_64(
                                     B.getInt8Ty(), SSP, -VINE_SIDE_ALIGN));
      B.SetInsertPoint(II);
      storeTcb(B, B.CreatePtrToInt(SSP, B.getInt64Ty()), VINE_TCB_SSP);
      II->eraseFromParent();
    }
  }
}

// The SSP to leave behind: where the function's objects began or, for the body
// of a variadic function, its argument area.
void SideStack::restoreAtExits() {
  bool IsVariadicBody = F.hasFnAttribute(VariadicBodyAttr);
  if (!Base && !IsVariadicBody)
    return;
  for (BasicBlock &BB : F) {
    auto *Ret = dyn_cast<ReturnInst>(BB.getTerminator());
    if (!Ret)
      continue;
    IRBuilder<> B(exitPoint(*Ret));
    Value *SSP = End;
    if (IsVariadicBody)
      SSP = B.CreateLoad(B.getInt64Ty(),
                         B.CreateConstInBoundsGEP1_64(
                             B.getInt8Ty(), F.getArg(0), VINE_VA_SAVED_SSP));
    else if (!SSP)
      SSP = B.CreateAdd(B.CreatePtrToInt(Base, B.getInt64Ty()),
                        B.getInt64(Layout.Size));
    storeTcb(B, SSP, VINE_TCB_SSP);
  }
}

void SideStack::run() {
  reserveAlignment();
  if (firstMovingCall(F))
    copyToLocals();
  collect();
  if (firstMovingCall(F)) {
    expandCopiesOfKept();
    sinkAddressesOfKept();
  }
  layOut();
  assert(Layout.Offsets.size() >= Moved.size() + MovedByVal.size() &&
         "an offset for each object");
  NumKept += Kept.size();
  NumMoved += Moved.size();
  NumByVal += MovedByVal.size();
  NumDynamic += Dynamic.size();
  NumBytes += Layout.Size;
  allocate();
  for (AllocaInst *AI : Dynamic)
    moveDynamic(*AI);
  replaceStackSaves();
  Protector.checkAtExits();
  restoreAtExits();
  assert(all_of(instructions(F),
                [&](const Instruction &I) {
                  auto *AI = dyn_cast<AllocaInst>(&I);
                  return !AI || !Analysis.whyLeaves(*AI);
                }) &&
         "invariant I1: a local stays whose address is kept");
}

void moveLocals(Function &F) { SideStack(F).run(); }

} // namespace vine
