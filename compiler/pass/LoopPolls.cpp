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
// In a tight loop even the compare shows (35 % of a vectorised sum in the
// first-level cache). Where such a loop counts anything in a register, it
// polls only when some bits of the counter are zero: about each thousandth
// time, for one fused test and branch (13 %).
//
// A back edge does without if every iteration certainly passes a checked
// prologue, that is, if a call of a function of this module that makes calls
// itself (small leaves are unchecked) dominates it. That function is told to
// keep its check, whatever the code generator makes of its calls. Calls of
// other objects don't count: who knows what they link to. Loops that are done
// soon, by a constant bound on iterations times instructions, do without as
// well.
//
// Runs after vectorisation, so a poll costs once per vector iteration.
//
// Rejected: polling innermost loops only (an outer loop over an empty inner
// one never polls); counting iterations (a live register per loop).
#include "Abi.h"
#include "Remarks.h"
#include "Statistics.h"
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
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

VINE_STATISTIC(NumPolls, "Loops that poll for preemption");
VINE_STATISTIC(NumRare, "Loops that poll each thousandth time");
VINE_STATISTIC(NumFree, "Loops that need no poll");

namespace vine {

// IR instructions that a loop may execute without a poll: some ten
// microseconds, a thousandth of the time slice.
static constexpr uint64_t QuickLoopInsts = 20000;
// A loop of at most this many IR instructions polls each thousandth time.
static constexpr uint64_t TightLoopInsts = 64;
static constexpr unsigned RarePollBits = 10;
// What a call counts for.
static constexpr uint64_t CallInsts = 20;

static bool isRealCall(const Instruction &I) {
  auto *CB = dyn_cast<CallBase>(&I);
  return CB && !CB->isInlineAsm() && !isa<IntrinsicInst>(CB);
}

// True if the prologue of F is sure to have a check. Another object's copy of
// an inline function may make no calls.
static bool hasCheckedEntry(const Function &F) {
  return isInstrumented(F) && F.isDefinitionExact() &&
         any_of(instructions(F), isRealCall);
}

namespace {

class LoopPolls {
public:
  LoopPolls(Function &F, const TargetLibraryInfo &TLI,
            const SmallPtrSetImpl<Function *> &Checked)
      : F(F), Checked(Checked), DT(F), LI(DT), AC(F),
        SE(F, const_cast<TargetLibraryInfo &>(TLI), AC, DT, LI) {}

  void run();

private:
  Function &F;
  const SmallPtrSetImpl<Function *> &Checked;
  DominatorTree DT;
  LoopInfo LI;
  AssumptionCache AC;
  ScalarEvolution SE;
  // Blocks that call a function of Checked, and which.
  SmallDenseMap<const BasicBlock *, Function *, 16> CheckedBlocks;
  SmallPtrSet<const Loop *, 8> Quick;

  uint64_t costOf(Loop &L);
  bool passesCheck(const BasicBlock &Latch, const BasicBlock &Header);
  bool needsPoll(const BasicBlock &Latch, const BasicBlock &Header);
  Value *rareTest(BasicBlock &Latch);
  void report(const BasicBlock &Latch, bool IsRare);
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
    if (Function *Callee = CheckedBlocks.lookup(Node->getBlock())) {
      Callee->addFnAttr(CheckAttr, CheckAlways);
      return true;
    }
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

// The step of a counter of the loop with this header and latch, or 0.
static uint64_t stepOf(PHINode &Phi, BasicBlock &Latch) {
  if (!Phi.getType()->isIntegerTy(64) && !Phi.getType()->isIntegerTy(32))
    return 0;
  auto *Add = dyn_cast<BinaryOperator>(Phi.getIncomingValueForBlock(&Latch));
  if (!Add || Add->getOpcode() != Instruction::Add ||
      Add->getOperand(0) != &Phi)
    return 0;
  auto *Step = dyn_cast<ConstantInt>(Add->getOperand(1));
  return Step ? Step->getValue().abs().getLimitedValue() : 0;
}

// For a tight loop that counts: true once in a thousand iterations or so.
// Some window of the counter's bits is zero that often, whatever it starts
// with: a step is at most as long as the window's lowest bit.
Value *LoopPolls::rareTest(BasicBlock &Latch) {
  Loop *L = LI.getLoopFor(&Latch);
  if (!L || L->getLoopLatch() != &Latch || !L->isInnermost())
    return nullptr;
  uint64_t Insts = 0;
  for (BasicBlock *BB : L->blocks())
    for (Instruction &I : *BB)
      if (isRealCall(I) || ++Insts > TightLoopInsts)
        return nullptr;
  for (PHINode &Phi : L->getHeader()->phis()) {
    uint64_t Step = stepOf(Phi, Latch);
    if (!Step || Log2_64_Ceil(Step) + RarePollBits > 31)
      continue;
    IRBuilder<> B(Latch.getTerminator());
    uint64_t Mask = maskTrailingOnes<uint64_t>(RarePollBits)
                    << Log2_64_Ceil(Step);
    Type *Ty = Phi.getType();
    return B.CreateICmpEQ(B.CreateAnd(&Phi, ConstantInt::get(Ty, Mask)),
                          ConstantInt::get(Ty, 0));
  }
  return nullptr;
}

// Inserts a poll at the end of Latch; behind Rare, if that is given.
static void insertPoll(BasicBlock &Latch, Value *Rare) {
  assert((!Rare || Rare->getType()->isIntegerTy(1)) && "a condition");
  Module &M = *Latch.getModule();
  LLVMContext &Ctx = M.getContext();
  MDNode *Unlikely = MDBuilder(Ctx).createBranchWeights(1, 1 << 20);
  Instruction *End = Latch.getTerminator();
  if (Rare)
    End = SplitBlockAndInsertIfThen(Rare, End, /*Unreachable=*/false, Unlikely);
  IRBuilder<> B(End);
  // Not volatile, as it should be, because then it isn't folded into the
  // compare. The call below keeps it in the loop.
  Value *Guard = B.CreateAlignedLoad(B.getInt64Ty(),
                                     tcbWord(Ctx, VINE_TCB_GUARD), Align(8));
  Value *Asked = B.CreateICmpEQ(Guard, B.getInt64(VINE_GUARD_PREEMPT));
  B.SetInsertPoint(
      SplitBlockAndInsertIfThen(Asked, End, /*Unreachable=*/false, Unlikely));
  FunctionCallee Poll = runtimeFunction(
      M, "__vine_poll", FunctionType::get(B.getVoidTy(), false));
  cast<Function>(Poll.getCallee())->setCallingConv(CallingConv::PreserveAll);
  B.CreateCall(Poll)->setCallingConv(CallingConv::PreserveAll);
}

void LoopPolls::report(const BasicBlock &Latch, bool IsRare) {
  ++(IsRare ? NumRare : NumPolls);
  const Loop *L = LI.getLoopFor(&Latch);
  DebugLoc Start = L ? L->getStartLoc() : Latch.getTerminator()->getDebugLoc();
  DiagnosticLocation Where =
      Start ? DiagnosticLocation(Start) : locationOf(F, nullptr);
  remark("LoopPolls", F, Where, [&](Remark &R) {
    R << "loop polls for preemption "
      << ore::NV("When", IsRare ? "about once in a thousand iterations"
                                : "in each iteration");
  });
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
          CheckedBlocks.insert({CB->getParent(), Callee});
  for (Loop *L : LI)
    costOf(*L);
  SmallSetVector<BasicBlock *, 8> Latches;
  for (auto [Latch, Header] : BackEdges)
    if (needsPoll(*Latch, *Header))
      Latches.insert(const_cast<BasicBlock *>(Latch));
    else
      ++NumFree;
  // All tests before any block is split.
  SmallVector<Value *, 8> Rare;
  for (BasicBlock *Latch : Latches) {
    Rare.push_back(rareTest(*Latch));
    report(*Latch, Rare.back() != nullptr);
  }
  for (unsigned I = 0; I < Latches.size(); ++I)
    insertPoll(*Latches[I], Rare[I]);
}

void pollLoops(Module &M,
               function_ref<const TargetLibraryInfo &(Function &)> TLI) {
  // Before any poll: its call must not count.
  SmallPtrSet<Function *, 32> Checked;
  for (Function &F : M)
    if (hasCheckedEntry(F))
      Checked.insert(&F);
  for (Function &F : M)
    if (isInstrumented(F) && pollsLoops(F))
      LoopPolls(F, TLI(F), Checked).run();
}

} // namespace vine
