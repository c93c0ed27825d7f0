// SPDX-License-Identifier: MIT
//
// Strip mining: a loop that counts does so in strips of some thousand
// iterations, so that what is to be done now and then, such as a poll, costs
// the iterations nothing.
//
//     i = 0                       i = 0
//     loop:                       if (n - i > K) goto outer
//       ...                       loop:                     // as it was
//       i = i + 1                   ...
//       if (i < n) goto loop        i = i + 1
//                                   if (i < n) goto loop
//                                 goto done
//                                 outer:
//                                   end = n - i > K ? i + K : n
//                                 many:                     // a copy
//                                   ...
//                                   i = i + 1
//                                   if (i < end) goto many
//                                   if (i < n) { poll; goto outer; }
//                                 done:
//
// The strip's end takes the bound's place in the copy's own condition. So no
// loop has an instruction more, and few iterations pay for no more than the
// first comparison. That is why there is a copy: most loops are short, and
// strips alone cost as much as polling in each of some four iterations.
//
// Right for every start, bound and step. The distance is taken without sign,
// so an end is set only where the counter meets it before the bound. Where the
// bound is nearer, a strip is what the loop was; so it must be known that the
// counter doesn't pass the bound and go round for ever.
//
// Loops that may end elsewhere are left alone: mostly they do after an
// iteration or two (skipping blanks up to the end of a text), and the first
// comparison would cost more than polling.
//
// Rejected: counting strips in a variable of their own (a register and an
// instruction more).
#include "StripMine.h"

#include "Compat.h"

#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/ValueMapper.h"

using namespace llvm;

namespace vine {

// Longer steps aren't counted by, so that no strip's length overflows 32 bits.
static constexpr int64_t StepMax = 1 << 16;
static constexpr uint64_t IterationsMax = 1 << 14;

// The condition by which L ends at its latch, and nowhere else.
static ICmpInst *conditionOf(const Loop &L) {
  BasicBlock *Latch = L.getLoopLatch();
  if (!Latch || L.getExitingBlock() != Latch || !L.isInnermost())
    return nullptr;
  auto *Branch = dyn_cast<BranchInst>(Latch->getTerminator());
  return Branch ? dyn_cast<ICmpInst>(Branch->getCondition()) : nullptr;
}

// By what comparison of counter and bound L goes on.
static CmpInst::Predicate goesOn(const CountedLoop &C) {
  auto *Branch = cast<BranchInst>(C.Latch->getTerminator());
  CmpInst::Predicate P = Branch->getSuccessor(0) == C.Header
                             ? C.Compare->getPredicate()
                             : C.Compare->getInversePredicate();
  return C.BoundAt == 1 ? P : CmpInst::getSwappedPredicate(P);
}

// Whether L calls nothing, can be copied, and be entered from other blocks.
static bool isCopyable(const Loop &L) {
  for (BasicBlock *Pred : predecessors(L.getHeader()))
    if (!isa<BranchInst>(Pred->getTerminator()) &&
        !isa<SwitchInst>(Pred->getTerminator()))
      return false;
  for (BasicBlock *BB : L.blocks()) {
    if (BB->hasAddressTaken() || BB->isEHPad())
      return false;
    for (Instruction &I : *BB)
      if (auto *CB = dyn_cast<CallBase>(&I);
          I.getType()->isTokenTy() ||
          (CB && (!isa<IntrinsicInst>(CB) || CB->cannotDuplicate())))
        return false;
  }
  return true;
}

static bool isCountable(const Type *T) {
  return T->isIntegerTy(32) || T->isIntegerTy(64) ||
         (T->isPointerTy() && T->getPointerAddressSpace() == 0);
}

// The phi that Count is, or is the next value of.
static PHINode *counterPhi(const CountedLoop &C, Value *Count) {
  for (PHINode &Phi : C.Header->phis())
    if (Count == &Phi || Count == Phi.getIncomingValueForBlock(C.Latch))
      return isCountable(Phi.getType()) ? &Phi : nullptr;
  return nullptr;
}

// What Phi is changed by in each iteration of L; 0 if it isn't known.
static int64_t stepOf(const Loop &L, PHINode &Phi, ScalarEvolution &SE) {
  auto *Rec = dyn_cast<SCEVAddRecExpr>(SE.getSCEV(&Phi));
  if (!Rec || Rec->getLoop() != &L || !Rec->isAffine())
    return 0;
  auto *Step = dyn_cast<SCEVConstant>(Rec->getStepRecurrence(SE));
  if (!Step || Step->getAPInt().abs().ugt(StepMax))
    return 0;
  return Step->getAPInt().getSExtValue();
}

// Whether the counter moves towards the bound and can't pass it.
static bool meetsBound(const CountedLoop &C, bool IsBounded) {
  switch (goesOn(C)) {
  case CmpInst::ICMP_NE:
    return C.Step == 1 || C.Step == -1 || IsBounded;
  case CmpInst::ICMP_ULT:
  case CmpInst::ICMP_SLT:
    return C.Step == 1 || (C.Step > 0 && IsBounded);
  case CmpInst::ICMP_UGT:
  case CmpInst::ICMP_SGT:
    return C.Step == -1 || (C.Step < 0 && IsBounded);
  default:
    return false;
  }
}

// Whether C's counter may begin at the bound and yet go on.
static bool mayWrap(const Loop &L, const CountedLoop &C, ScalarEvolution &SE) {
  if (C.Compare->getOperand(1 - C.BoundAt) == C.Phi || !C.Compare->isEquality())
    return false;
  auto *Rec = cast<SCEVAddRecExpr>(SE.getSCEV(C.Phi));
  return !SE.isLoopEntryGuardedByCond(
      &L, CmpInst::ICMP_NE, Rec->getStart(),
      SE.getSCEV(C.Compare->getOperand(C.BoundAt)));
}

std::optional<CountedLoop> findCount(const Loop &L, ScalarEvolution &SE) {
  ICmpInst *Compare = conditionOf(L);
  if (!Compare || !isCopyable(L))
    return std::nullopt;
  CountedLoop C = {{}, L.getHeader(), L.getLoopLatch(), nullptr, Compare, 0,
                   0,  true};
  C.BoundAt = L.isLoopInvariant(Compare->getOperand(1)) ? 1 : 0;
  C.Phi = counterPhi(C, Compare->getOperand(1 - C.BoundAt));
  if (!C.Phi || !L.isLoopInvariant(Compare->getOperand(C.BoundAt)))
    return std::nullopt;
  C.Step = stepOf(L, *C.Phi, SE);
  bool IsBounded = !isa<SCEVCouldNotCompute>(SE.getExitCount(&L, C.Latch));
  if (C.Step == 0 || !meetsBound(C, IsBounded))
    return std::nullopt;
  C.Blocks.assign(L.block_begin(), L.block_end());
  C.MayWrap = mayWrap(L, C, SE);
  return C;
}

namespace {

// The loop C with strips of Iterations.
class Strips {
public:
  Strips(const CountedLoop &C, uint64_t Iterations)
      : C(C), Iterations(Iterations), Bound(C.Compare->getOperand(C.BoundAt)),
        Branch(cast<BranchInst>(C.Latch->getTerminator())),
        Exit(Branch->getSuccessor(exitAt())) {}

  void copyForMany();
  Instruction *make();

private:
  CountedLoop C;
  uint64_t Iterations;
  Value *Bound;
  BranchInst *Branch;
  BasicBlock *Exit;
  BasicBlock *Entry = nullptr; // goes to the header only

  unsigned exitAt() const { return Branch->getSuccessor(0) == C.Header; }
  uint64_t stripLength() const {
    return Iterations * uint64_t(C.Step > 0 ? C.Step : -C.Step);
  }
  void makeEntry();
  void closeExit();
  PHINode *outerPhi(PHINode &Inner);
  Value *addTo(IRBuilder<> &B, Value *Count, int64_t Change);
  Value *firstCount(IRBuilder<> &B);
  Value *isFar(IRBuilder<> &B, Value *From);
  Value *stripEnd();
  Value *goesOnAfter(Value *End, BasicBlock &Between);
};

} // namespace

void Strips::makeEntry() {
  SmallVector<BasicBlock *, 4> Entering;
  for (BasicBlock *Pred : predecessors(C.Header))
    if (Pred != C.Latch)
      Entering.push_back(Pred);
  Entry = SplitBlockPredecessors(C.Header, Entering, ".strip");
}

// What I is more than by its next value in the loop, if it is a counter.
static ConstantInt *stepBehind(const Instruction &I, const BasicBlock &Latch) {
  auto *Phi = dyn_cast<PHINode>(&I);
  if (!Phi || Phi->getBasicBlockIndex(&Latch) < 0)
    return nullptr;
  auto *Next = dyn_cast<BinaryOperator>(Phi->getIncomingValueForBlock(&Latch));
  if (!Next || Next->getOpcode() != Instruction::Add ||
      Next->getOperand(0) != Phi)
    return nullptr;
  return dyn_cast<ConstantInt>(Next->getOperand(1));
}

// The value of I at Exit, to which only its loop's latch leads as yet. That of
// a counter comes from the next one, so that the loop needn't keep both.
static Value *valueAtExit(Instruction &I, BasicBlock &Exit) {
  BasicBlock *Latch = Exit.getSinglePredecessor();
  IRBuilder<> B(&Exit, Exit.begin());
  PHINode *Phi = B.CreatePHI(I.getType(), 2);
  ConstantInt *Step = stepBehind(I, *Latch);
  Phi->addIncoming(Step ? cast<PHINode>(I).getIncomingValueForBlock(Latch) : &I,
                   Latch);
  B.SetInsertPoint(&Exit, Exit.getFirstInsertionPt());
  return Step ? B.CreateSub(Phi, Step) : Phi;
}

// Lets all uses of I outside of its loop, Inside, be of its value at Exit.
static void closeOver(Instruction &I,
                      const SmallPtrSetImpl<const BasicBlock *> &Inside,
                      BasicBlock &Exit) {
  SmallVector<Use *, 4> Outside;
  for (Use &U : I.uses())
    if (BasicBlock *BB = cast<Instruction>(U.getUser())->getParent();
        BB != &Exit && !Inside.contains(BB))
      Outside.push_back(&U);
  Value *Known = PoisonValue::get(I.getType());
  if (!Outside.empty())
    Known = valueAtExit(I, Exit);
  for (Use *U : Outside)
    U->set(Known);
  forEachDebugUser(I, [&](auto &Described) {
    if (!Inside.contains(Described.getParent()))
      Described.replaceVariableLocationOp(&I, Known);
  });
}

// Gives the loop an exit of its own, and each of its values that is used
// elsewhere a phi there.
void Strips::closeExit() {
  Exit = SplitBlockPredecessors(Exit, {C.Latch}, ".done");
  SmallPtrSet<const BasicBlock *, 8> Inside(C.Blocks.begin(), C.Blocks.end());
  for (BasicBlock *BB : C.Blocks)
    for (Instruction &I : *BB)
      closeOver(I, Inside, *Exit);
}

// The bound's distance from From is more than a strip.
Value *Strips::isFar(IRBuilder<> &B, Value *From) {
  Value *To = Bound;
  if (From->getType()->isPointerTy()) {
    From = B.CreatePtrToInt(From, B.getInt64Ty());
    To = B.CreatePtrToInt(To, B.getInt64Ty());
  }
  Value *Distance = C.Step > 0 ? B.CreateSub(To, From) : B.CreateSub(From, To);
  return B.CreateICmpUGT(Distance,
                         ConstantInt::get(Distance->getType(), stripLength()));
}

// Afterwards C is the copy.
void Strips::copyForMany() {
  makeEntry();
  closeExit();
  ValueToValueMapTy Map;
  SmallVector<BasicBlock *, 4> Copies;
  for (BasicBlock *BB : C.Blocks) {
    Copies.push_back(CloneBasicBlock(BB, Map, ".many", BB->getParent()));
    Map[BB] = Copies.back();
  }
  remapInstructionsInBlocks(Copies, Map);
  auto *Latch = cast<BasicBlock>(Map[C.Latch]);
  for (PHINode &Phi : Exit->phis()) {
    Value *Last = Phi.getIncomingValueForBlock(C.Latch);
    Value *Copy = Map.lookup(Last);
    Phi.addIncoming(Copy ? Copy : Last, Latch);
  }
  Instruction *Old = Entry->getTerminator();
  IRBuilder<> B(Old);
  Value *Start = C.Phi->getIncomingValueForBlock(Entry);
  Value *Far = isFar(B, C.MayWrap ? addTo(B, Start, C.Step) : Start);
  auto *Header = cast<BasicBlock>(Map[C.Header]);
  B.CreateCondBr(Far, Header, C.Header);
  Old->eraseFromParent();
  C = {Copies,
       Header,
       Latch,
       cast<PHINode>(Map[C.Phi]),
       cast<ICmpInst>(Map[C.Compare]),
       C.BoundAt,
       C.Step,
       C.MayWrap};
  Branch = cast<BranchInst>(Latch->getTerminator());
}

// The phi that stands for Inner where a strip begins.
PHINode *Strips::outerPhi(PHINode &Inner) {
  IRBuilder<> B(Entry, Entry->begin());
  PHINode *New = B.CreatePHI(Inner.getType(), 2);
  New->addIncoming(Inner.getIncomingValueForBlock(Entry),
                   Entry->getSinglePredecessor());
  Inner.setIncomingValueForBlock(Entry, New);
  return New;
}

Value *Strips::addTo(IRBuilder<> &B, Value *Count, int64_t Change) {
  if (!Count->getType()->isPointerTy())
    return B.CreateAdd(Count, ConstantInt::getSigned(Count->getType(), Change));
  return B.CreateGEP(B.getInt8Ty(), Count, B.getInt64(Change));
}

// What the first comparison of a strip compares with the bound.
Value *Strips::firstCount(IRBuilder<> &B) {
  Value *Start = C.Phi->getIncomingValueForBlock(Entry);
  bool IsPhi = C.Compare->getOperand(1 - C.BoundAt) == C.Phi;
  return IsPhi ? Start : addTo(B, Start, C.Step);
}

// Where the strip ends: the bound, or before it.
Value *Strips::stripEnd() {
  IRBuilder<> B(Entry->getTerminator());
  Value *First = firstCount(B);
  Value *Far = isFar(B, First);
  // Beyond the bound from the start: the loop ends at once.
  if (!C.Compare->isEquality())
    Far = B.CreateAnd(Far, B.CreateICmp(goesOn(C), First, Bound));
  int64_t Length = stripLength();
  return B.CreateSelect(Far, addTo(B, First, C.Step > 0 ? Length : -Length),
                        Bound, "strip.end");
}

// Whether the loop goes on after a strip. A counter that has met the end has
// its value, and isn't needed any more.
Value *Strips::goesOnAfter(Value *End, BasicBlock &Between) {
  if (!C.Compare->isEquality())
    return C.Compare;
  Instruction *New = C.Compare->clone();
  New->setOperand(1 - C.BoundAt, End);
  return IRBuilder<>(&Between).Insert(New);
}

Instruction *Strips::make() {
  makeEntry();
  LLVMContext &Ctx = Entry->getContext();
  Function *F = Entry->getParent();
  auto *Between = BasicBlock::Create(Ctx, "strip.between", F, Exit);
  auto *Again = BasicBlock::Create(Ctx, "strip.again", F, Exit);
  SmallVector<PHINode *, 4> Inner;
  for (PHINode &Phi : C.Header->phis())
    Inner.push_back(&Phi);
  for (PHINode *Phi : Inner)
    outerPhi(*Phi)->addIncoming(Phi->getIncomingValueForBlock(C.Latch), Again);
  Value *End = stripEnd();
  Instruction *Condition = C.Compare->clone();
  Condition->setOperand(C.BoundAt, End);
  Branch->setCondition(IRBuilder<>(Branch).Insert(Condition));
  Branch->setSuccessor(exitAt(), Between);
  Exit->replacePhiUsesWith(C.Latch, Between);
  bool IfTrue = exitAt() == 1;
  IRBuilder<> B(Between);
  Value *GoesOn = goesOnAfter(End, *Between);
  B.CreateCondBr(GoesOn, IfTrue ? Again : Exit, IfTrue ? Exit : Again)
      ->setDebugLoc(Branch->getDebugLoc());
  B.SetInsertPoint(Again);
  return B.CreateBr(Entry);
}

Instruction *stripMine(const CountedLoop &C, uint64_t Iterations) {
  assert(Iterations > 0 && "a strip");
  Strips S(C, std::min(Iterations, IterationsMax));
  S.copyForMany();
  return S.make();
}

} // namespace vine
