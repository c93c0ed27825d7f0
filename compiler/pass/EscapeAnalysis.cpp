// SPDX-License-Identifier: MIT
//
// Decides which locals stay in the frame. Never changes the IR.
//
// A frame may move at every call. So the address of a local that stays in it
// must not exist in any register, spill slot or memory at a call. That is
// stronger than "is not captured": an address that only indexes an array in
// a loop would be kept in a callee-saved register across the loop's calls.
//
// What the x86 backend does with a frame address settles the rules. It folds
// "frame + constant" into the addressing mode of a load or a store, so those
// never make an address. For any other use it emits an LEA, and SelectionDAG
// gives all such uses in a block one and the same LEA, live from the first to
// the last of them, whatever calls lie between. So direct uses are:
//
//  - loads and stores through the local, at constant offsets;
//  - indirect operands of inline assembly, which are addressing modes too;
//  - copies and fills of at most 64 bytes, which we expand into the above;
//  - byval call operands of at most 64 bytes, which the backend expands;
//  - markers that produce no code.
//
// Atomics stay out only because nobody has looked at each expansion.
//
// A function none of whose calls can move the stack doesn't care: there, a
// local only needs to be not captured.
#include "EscapeAnalysis.h"

#include "Abi.h"
#include "Compat.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace vine {

EscapeAnalysis::EscapeAnalysis(const Function &F)
    : DL(F.getParent()->getDataLayout()), Mover(firstMovingCall(F)) {}

bool EscapeAnalysis::isExpandable(const MemIntrinsic &I) {
  auto *Length = dyn_cast<ConstantInt>(I.getLength());
  return Length && Length->getZExtValue() <= MaxExpandedBytes;
}

// Intrinsics that only tell the optimiser something.
static bool isMarker(const CallBase &CB) {
  auto *II = dyn_cast<IntrinsicInst>(&CB);
  if (!II)
    return false;
  switch (II->getIntrinsicID()) {
  case Intrinsic::lifetime_start:
  case Intrinsic::lifetime_end:
  case Intrinsic::assume:
  case Intrinsic::var_annotation:
    return true;
  case Intrinsic::invariant_start:
    return II->use_empty();
  default:
    return false;
  }
}

static bool isDirectCallUse(const CallBase &CB, const Use &U,
                            const DataLayout &DL) {
  if (isMarker(CB))
    return true;
  if (!CB.isArgOperand(&U))
    return false;
  unsigned ArgNo = CB.getArgOperandNo(&U);
  if (CB.isInlineAsm())
    return CB.paramHasAttr(ArgNo, Attribute::ElementType);
  if (auto *MI = dyn_cast<MemIntrinsic>(&CB))
    return EscapeAnalysis::isExpandable(*MI);
  if (CB.isByValArgument(ArgNo)) {
    Type *Ty = CB.getParamByValType(ArgNo);
    return DL.getTypeAllocSize(Ty).getFixedValue() <=
           EscapeAnalysis::MaxExpandedBytes;
  }
  return false;
}

static bool isDirectAccess(const Instruction &I, const Use &U) {
  if (auto *LI = dyn_cast<LoadInst>(&I))
    return !LI->isAtomic();
  if (auto *SI = dyn_cast<StoreInst>(&I))
    return !SI->isAtomic() &&
           U.getOperandNo() == StoreInst::getPointerOperandIndex();
  return false;
}

Escape EscapeAnalysis::firstIndirectUse(const Value &Local) const {
  SmallVector<const Value *, 8> Worklist = {&Local};
  while (!Worklist.empty()) {
    for (const Use &U : Worklist.pop_back_val()->uses()) {
      const Escape Indirect = {Escape::Indirect, &U, Mover};
      auto *I = dyn_cast<Instruction>(U.getUser());
      if (!I)
        return Indirect;
      if (auto *GEP = dyn_cast<GetElementPtrInst>(I)) {
        if (!GEP->hasAllConstantIndices() || GEP->getType()->isVectorTy())
          return Indirect;
        Worklist.push_back(GEP);
        continue;
      }
      auto *CB = dyn_cast<CallBase>(I);
      if (CB ? !isDirectCallUse(*CB, U, DL) : !isDirectAccess(*I, U))
        return Indirect;
    }
  }
  return {};
}

namespace {

// Remembers that use.
struct FirstCapture : FirstCaptureTracker {
  Escape Found;

  void tooManyUses() override { Found.Why = Escape::ManyUses; }
  void found(const Use &U) override { Found = {Escape::Captured, &U, nullptr}; }
};

} // namespace

static Escape firstCapture(const Value &Local) {
  FirstCapture Tracker;
  PointerMayBeCaptured(&Local, &Tracker);
  return Tracker.Found;
}

Escape EscapeAnalysis::whyLeaves(const AllocaInst &AI) const {
  if (!AI.isStaticAlloca())
    return {Escape::Size};
  Escape Indirect = firstIndirectUse(AI);
  return Mover || !Indirect ? Indirect : firstCapture(AI);
}

// Where the frame may move no byval argument stays: the backend has frame
// indices for allocas only, so an argument's address is computed once, in the
// entry block, and carried to its uses in a register
// (tests/stack/frames_test.c, huge_of).
Escape EscapeAnalysis::whyLeaves(const Argument &ByVal) const {
  assert(ByVal.hasByValAttr() && "other arguments are no locals");
  return Mover ? Escape{Escape::Argument, nullptr, Mover} : firstCapture(ByVal);
}

bool EscapeAnalysis::fitsInLocal(const Argument &ByVal) const {
  Type *Ty = ByVal.getParamByValType();
  return DL.getTypeAllocSize(Ty).getFixedValue() <= MaxExpandedBytes &&
         !firstIndirectUse(ByVal);
}

} // namespace vine
