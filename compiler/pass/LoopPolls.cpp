// SPDX-License-Identifier: MIT
//
// Lets the scheduler preempt loops (abi/README.md section 9).
//
// A goroutine is stopped at the check of a prologue. A loop that passes none
// would hold its thread for as long as it runs, so its back edge gets a poll:
//
//     if (%fs:GUARD == VINE_GUARD_PREEMPT) __vine_poll();
//
// one compare with memory and one branch never taken. __vine_poll preserves
// every register, so the loop doesn't pay for the call it nearly never makes.
//
// A back edge does without if every iteration certainly passes a checked
// prologue, that is, if a call of a function of this module that makes calls
// itself (small leaves are unchecked) dominates it. Calls of other objects
// don't count: who knows what they link to. Loops that are done soon, by a
// constant bound on iterations times instructions, do without as well.
//
// Runs after vectorisation, so a poll costs once per vector iteration.
//
// Rejected: polling innermost loops only (an outer loop over an empty inner
// one never polls); counting iterations (a live register per loop).
#include "Abi.h"
#include "Vine.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

static cl::opt<bool>
    PollLoops("vine-poll", cl::init(true),
              cl::desc("Poll for preemption in loops without calls"));

namespace vine {

// IR instructions that a loop may execute without a poll: some ten
// microseconds, a thousandth of the time slice.
static constexpr uint64_t QuickLoopInsts = 20000;
// What a call counts for.
static constexpr uint64_t CallInsts = 20;

static bool isRealCall(const Instruction &I) {
  auto *CB = dyn_cast<CallBase>(&I);
  return CB && !CB->isInlineAsm() && !isa<IntrinsicInst>(CB);
}

bool hasCheckedEntry(const Function &F) {
  return isInstrumented(F) && any_of(instructions(F), isRealCall);
}

namespace {

class LoopPolls {
public:
  LoopPolls(Function &F, const TargetLibraryInfo &TLI,
            const SmallPtrSetImpl<const Function *> &Checked)
      : F(F), Checked(Checked), DT(F), LI(DT), AC(F),
        SE(F, const_cast<TargetLibraryInfo &>(TLI), AC, DT, LI) {}

  void run();

private:
  Function &F;
  const SmallPtrSetImpl<const Function *> &Checked;
  DominatorTree DT;
  LoopInfo LI;
  AssumptionCache AC;
  ScalarEvolution SE;
  SmallPtrSet<const BasicBlock *, 16> CheckedBlocks;
  SmallPtrSet<const Loop *, 8> Quick;

  uint64_t costOf(Loop &L);
  bool passesCheck(const BasicBlock &Latch, const BasicBlock &Header);
  bool needsPoll(const BasicBlock &Latch, const BasicBlock &Header);
};

} // namespace

// The most instructions that L executes without polling; marks quick loops.
uint64_t LoopPolls::costOf(Loop &L) {
  uint64_t PerIteration = 0;
  for (BasicBlock *BB : L.blocks())
    if (LI.getLoopFor(BB) == &L)
      for (Instruction &I : *BB)
        PerIteration += isRealCall(I) ? CallInsts : 1;
  for (Loop *Inner : L)
    PerIteration = SaturatingAdd(PerIteration, costOf(*Inner));
  uint64_t Trips = SE.getSmallConstantMaxTripCount(&L);
  if (Trips && SaturatingMultiply(Trips, PerIteration) <= QuickLoopInsts) {
    Quick.insert(&L);
    return Trips * PerIteration;
  }
  return CallInsts; // it polls by itself
}

// True if every way from Header to the end of Latch makes a checked call.
bool LoopPolls::passesCheck(const BasicBlock &Latch, const BasicBlock &Header) {
  for (const DomTreeNode *Node = DT.getNode(&Latch); Node;
       Node = Node->getIDom()) {
    if (CheckedBlocks.contains(Node->getBlock()))
      return true;
    if (Node->getBlock() == &Header)
      return false;
  }
  return false;
}

bool LoopPolls::needsPoll(const BasicBlock &Latch, const BasicBlock &Header) {
  // Edges into the middle of a cycle (goto) belong to no natural loop.
  if (!DT.dominates(&Header, &Latch))
    return true;
  const Loop *L = LI.getLoopFor(&Header);
  if (L && L->getHeader() == &Header && Quick.contains(L))
    return false;
  return !passesCheck(Latch, Header);
}

static void insertPoll(BasicBlock &Latch) {
  Module &M = *Latch.getModule();
  LLVMContext &Ctx = M.getContext();
  Instruction *End = Latch.getTerminator();
  IRBuilder<> B(End);
  // Not volatile, as it should be, because then it isn't folded into the
  // compare. The call below keeps it in the loop.
  Value *Guard = B.CreateAlignedLoad(B.getInt64Ty(),
                                     tcbWord(Ctx, VINE_TCB_GUARD), Align(8));
  Value *Asked = B.CreateICmpEQ(Guard, B.getInt64(VINE_GUARD_PREEMPT));
  B.SetInsertPoint(SplitBlockAndInsertIfThen(
      Asked, End, /*Unreachable=*/false,
      MDBuilder(Ctx).createBranchWeights(1, 1 << 20)));
  FunctionCallee Poll = runtimeFunction(
      M, "__vine_poll", FunctionType::get(B.getVoidTy(), false));
  cast<Function>(Poll.getCallee())->setCallingConv(CallingConv::PreserveAll);
  B.CreateCall(Poll)->setCallingConv(CallingConv::PreserveAll);
}

void LoopPolls::run() {
  SmallVector<std::pair<const BasicBlock *, const BasicBlock *>, 8> BackEdges;
  FindFunctionBackedges(F, BackEdges);
  if (BackEdges.empty())
    return;
  for (Instruction &I : instructions(F))
    if (auto *CB = dyn_cast<CallBase>(&I))
      if (auto *Callee = dyn_cast<Function>(
              CB->getCalledOperand()->stripPointerCastsAndAliases()))
        if (Checked.contains(Callee))
          CheckedBlocks.insert(CB->getParent());
  for (Loop *L : LI)
    costOf(*L);
  SmallSetVector<BasicBlock *, 8> Latches;
  for (auto [Latch, Header] : BackEdges)
    if (needsPoll(*Latch, *Header))
      Latches.insert(const_cast<BasicBlock *>(Latch));
  for (BasicBlock *Latch : Latches)
    insertPoll(*Latch);
}

void pollLoops(Function &F, const TargetLibraryInfo &TLI,
               const SmallPtrSetImpl<const Function *> &Checked) {
  if (PollLoops)
    ::vine::LoopPolls(F, TLI, Checked).run();
}

} // namespace vine
