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
// first-level cache). Where such a loop counts, and ends nowhere else, it
// polls between strips of some thousand iterations (StripMine.cpp).
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
// The poll stands on the back edge itself. Before the latch's branch it would
// part that from its condition: where the branch takes two comparisons, both
// results went to registers, to be tested behind the poll. Programs had up to
// 8 % more instructions.
//
// Rejected: polling innermost loops only (an outer loop over an empty inner
// one never polls); counting iterations (a live register per loop); polling
// when some bits of a counter are zero (as many instructions, and the counter
// must stay one).
#include "Abi.h"
#include "Remarks.h"
#include "Statistics.h"
#include "StripMine.h"
#include "Vine.h"

#include "llvm/ADT/STLExtras.h"
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
VINE_STATISTIC(NumStrips, "Loops that poll between strips of iterations");
VINE_STATISTIC(NumFree, "Loops that need no poll");

namespace vine {

// IR instructions that a loop may execute without a poll: some ten
// microseconds, a thousandth of the time slice.
static constexpr uint64_t QuickLoopInsts = 20000;
// The most IR instructions of a loop that is copied for strips.
static constexpr uint64_t TightLoopInsts = 64;
// A poll finds that it is asked to once in so many times, says the branch.
static constexpr uint32_t PollWeight = 16;
// What a call counts for, and a loop that polls by itself.
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

// A loop that counts, and how many iterations may go without a poll.
struct Strip {
  CountedLoop Counted;
  uint64_t Iterations;
};

// A back edge that polls; of strips, if there is one.
struct PolledEdge {
  BasicBlock *Latch, *Header;
  std::optional<Strip> Strips;
};

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
  SmallDenseMap<const Loop *, Strip, 8> Strips;

  uint64_t costOf(Loop &L);
  bool passesCheck(const BasicBlock &Latch, const BasicBlock &Header);
  bool needsPoll(const BasicBlock &Latch, const BasicBlock &Header);
  std::optional<Strip> stripsOf(const PolledEdge &E,
                                ArrayRef<PolledEdge> Edges);
  void report(const PolledEdge &E);
};

} // namespace

// The most iterations of L, if that is known; else 0. What is tested before the
// loop counts.
static uint64_t mostTrips(const Loop &L, ScalarEvolution &SE) {
  if (unsigned Trips = SE.getSmallConstantMaxTripCount(&L))
    return Trips;
  const SCEV *Most = SE.getSymbolicMaxBackedgeTakenCount(&L);
  if (isa<SCEVCouldNotCompute>(Most))
    return 0;
  APInt Range = SE.getUnsignedRangeMax(SE.applyLoopGuards(Most, &L));
  return Range.getActiveBits() < 32 ? Range.getZExtValue() + 1 : 0;
}

// The most instructions that L executes without polling; marks quick loops.
uint64_t LoopPolls::costOf(Loop &L) {
  uint64_t PerIteration = 0;
  for (BasicBlock *BB : L.blocks())
    if (LI.getLoopFor(BB) == &L)
      for (Instruction &I : *BB)
        PerIteration += isRealCall(I) ? CallInsts : 1;
  for (Loop *Inner : L)
    PerIteration = SaturatingAdd(PerIteration, costOf(*Inner));
  uint64_t Trips = mostTrips(L, SE);
  if (Trips && SaturatingMultiply(Trips, PerIteration) <= QuickLoopInsts) {
    Quick.insert(&L);
    return Trips * PerIteration;
  }
  bool IsTight = PerIteration <= TightLoopInsts;
  if (IsTight && L.isInnermost() && !F.hasOptSize())
    if (auto Counted = findCount(L, SE)) {
      Strips.insert({&L, {*Counted, QuickLoopInsts / PerIteration}});
      return QuickLoopInsts;
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

// The end of a block that only the edge from Latch to Header passes; or of the
// latch, where there can't be one.
static Instruction *endOfEdge(BasicBlock &Latch, BasicBlock &Header) {
  Instruction *End = Latch.getTerminator();
  if (Latch.getSingleSuccessor() || isa<IndirectBrInst>(End) ||
      isa<CallBrInst>(End) || Header.isEHPad())
    return End;
  return SplitBlockPredecessors(&Header, {&Latch}, ".poll")->getTerminator();
}

static void pollBefore(Instruction *End) {
  Module &M = *End->getModule();
  LLVMContext &Ctx = M.getContext();
  IRBuilder<> B(End);
  // Not volatile, as it should be, because then it isn't folded into the
  // compare. The call below keeps it in the loop.
  Value *Guard = B.CreateAlignedLoad(B.getInt64Ty(),
                                     tcbWord(Ctx, VINE_TCB_GUARD), Align(8));
  Value *Asked = B.CreateICmpEQ(Guard, B.getInt64(VINE_GUARD_PREEMPT));
  // Were it less likely, the code generator would keep together what follows
  // the compare, and jump from there to the loop's beginning.
  MDNode *Unlikely = MDBuilder(Ctx).createBranchWeights(1, PollWeight);
  B.SetInsertPoint(
      SplitBlockAndInsertIfThen(Asked, End, /*Unreachable=*/false, Unlikely));
  FunctionCallee Poll = runtimeFunction(
      M, "__vine_poll", FunctionType::get(B.getVoidTy(), false));
  cast<Function>(Poll.getCallee())->setCallingConv(CallingConv::PreserveAll);
  B.CreateCall(Poll)->setCallingConv(CallingConv::PreserveAll);
}

void LoopPolls::report(const PolledEdge &E) {
  ++(E.Strips ? NumStrips : NumPolls);
  const Loop *L = LI.getLoopFor(E.Latch);
  DebugLoc Start =
      L ? L->getStartLoc() : E.Latch->getTerminator()->getDebugLoc();
  DiagnosticLocation Where =
      Start ? DiagnosticLocation(Start) : locationOf(F, nullptr);
  remark("LoopPolls", F, Where, [&](Remark &R) {
    R << "loop polls for preemption ";
    if (E.Strips)
      R << "once in " << ore::NV("Iterations", E.Strips->Iterations)
        << " iterations";
    else
      R << "in each iteration";
  });
}

static void insertPoll(const PolledEdge &E) {
  if (E.Strips)
    pollBefore(stripMine(E.Strips->Counted, E.Strips->Iterations));
  else
    pollBefore(endOfEdge(*E.Latch, *E.Header));
}

// The strips of E's loop. There are none where the latch polls on its way to
// another header, too: that edge would be lost.
std::optional<Strip> LoopPolls::stripsOf(const PolledEdge &E,
                                         ArrayRef<PolledEdge> Edges) {
  auto It = Strips.find(LI.getLoopFor(E.Latch));
  if (It == Strips.end() || It->second.Counted.Latch != E.Latch ||
      count_if(Edges, [&](auto &Other) { return Other.Latch == E.Latch; }) > 1)
    return std::nullopt;
  return It->second;
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
  // All is found out before any block is split.
  SmallVector<PolledEdge, 8> Edges;
  for (auto [Latch, Header] : BackEdges)
    if (!needsPoll(*Latch, *Header))
      ++NumFree;
    else if (none_of(Edges, [&, L = Latch, H = Header](const PolledEdge &E) {
               return E.Latch == L && E.Header == H;
             }))
      Edges.push_back({const_cast<BasicBlock *>(Latch),
                       const_cast<BasicBlock *>(Header), std::nullopt});
  for (PolledEdge &E : Edges) {
    E.Strips = stripsOf(E, Edges);
    report(E);
  }
  for (const PolledEdge &E : Edges)
    insertPoll(E);
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
