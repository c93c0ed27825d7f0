// SPDX-License-Identifier: MIT
//
// vine_go(f(x, y)): start any call as a goroutine.
//
// The macro expands to
//
//     __vine_go_begin(); f(x, y); __vine_go_end();
//
// so the arguments are evaluated by ordinary code, in the caller, at once, as
// Go does it. The last call before __vine_go_end is the one to start; here it
// becomes
//
//     struct { arguments (and the target, if it isn't constant) } args = ...;
//     __vine_go(tramp, &args, sizeof args);
//
// The runtime copies args to the top of the new stack, where it is the byval
// parameter of tramp, an internal function that makes the call. Runs before
// the optimiser: it then inlines f into tramp like into any other caller.
//
// Most calls need none of that: up to four integers and pointers travel in
// registers, and the goroutine starts in f itself:
//
//     __vine_go_words(f, x, y, 0, 0);
//
// No memory for the arguments, no trampoline (whose copies of f's code would
// also be as many places that the processor has to predict jumps to).
//
// Byval arguments are copied into args whole; a struct result goes into a
// local of the trampoline, for nobody waits for it.
//
// Where the target may be null (a pointer, a weak function), tramp is null when
// it is: the runtime says so here, in Go's words, and not by a fault there.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumWords, "vine_go statements with arguments in registers");
VINE_STATISTIC(NumBlocks, "vine_go statements with arguments in memory");

namespace vine {

namespace {

// One vine_go statement.
class GoStatement {
public:
  GoStatement(CallInst &Target, unsigned Number)
      : Target(Target), M(*Target.getModule()), Ctx(M.getContext()),
        Number(Number) {}

  void lower(bool FixedStacks);

private:
  static constexpr unsigned MaxWords = 4; // as many as a context holds
  const Align BlockAlign = Align(16);     // at the stack's top

  CallInst &Target;
  Module &M;
  LLVMContext &Ctx;
  unsigned Number;
  SmallVector<Type *, 8> Fields;
  SmallVector<unsigned, 8> FieldOf; // each argument's index, then the target's
  StructType *ArgsTy = nullptr;
  bool TargetIsConstant = false;

  bool fitsWords() const;
  void startWithWords(IRBuilder<> &B);
  void startWithBlock(IRBuilder<> &B);
  void addPadding(Align A);
  void addField(Type *Ty, Align A);
  void layOutArguments();
  Align alignOf(unsigned I) const;
  void storeArguments(IRBuilder<> &B, Value *Args);
  std::string trampolineName();
  Function *createTrampoline();
  Value *argumentIn(IRBuilder<> &B, Value *Args, unsigned I);
};

} // namespace

// Where arguments lie in a block, and how they are aligned, types alone don't
// tell: an attribute may ask for more. So the struct is packed, with the
// padding made explicit.
void GoStatement::addPadding(Align A) {
  const DataLayout &DL = M.getDataLayout();
  uint64_t Size = DL.getTypeAllocSize(StructType::get(Ctx, Fields, true));
  if (uint64_t Pad = alignTo(Size, std::min(A, BlockAlign)) - Size)
    Fields.push_back(ArrayType::get(Type::getInt8Ty(Ctx), Pad));
}

void GoStatement::addField(Type *Ty, Align A) {
  addPadding(A);
  FieldOf.push_back(Fields.size());
  Fields.push_back(Ty);
}

// One field per argument, then the target, then padding to 16 bytes.
void GoStatement::layOutArguments() {
  assert(Fields.empty() && "laid out before");
  const DataLayout &DL = M.getDataLayout();
  for (unsigned I = 0; I < Target.arg_size(); ++I) {
    Type *Ty = Target.isByValArgument(I) ? Target.getParamByValType(I)
                                         : Target.getArgOperand(I)->getType();
    addField(Ty, std::max(DL.getABITypeAlign(Ty),
                          Target.getParamAlign(I).valueOrOne()));
  }
  TargetIsConstant = isa<Constant>(Target.getCalledOperand());
  if (!TargetIsConstant)
    addField(Target.getCalledOperand()->getType(), Align(8));
  addPadding(BlockAlign);
  ArgsTy = StructType::get(Ctx, Fields, /*isPacked=*/true);
  assert(DL.getTypeAllocSize(ArgsTy).getFixedValue() % 16 == 0 &&
         "the copy lies at a stack's top");
}

// Of field I in a block.
Align GoStatement::alignOf(unsigned I) const {
  const StructLayout *Layout = M.getDataLayout().getStructLayout(ArgsTy);
  return commonAlignment(BlockAlign, Layout->getElementOffset(FieldOf[I]));
}

void GoStatement::storeArguments(IRBuilder<> &B, Value *Args) {
  const DataLayout &DL = M.getDataLayout();
  unsigned I = 0;
  for (; I < Target.arg_size(); ++I) {
    if (Target.paramHasAttr(I, Attribute::StructRet))
      continue;
    Value *Field = B.CreateStructGEP(ArgsTy, Args, FieldOf[I]);
    Value *Arg = Target.getArgOperand(I);
    if (Target.isByValArgument(I))
      B.CreateMemCpy(Field, alignOf(I), Arg, Target.getParamAlign(I),
                     DL.getTypeAllocSize(Fields[FieldOf[I]]));
    else
      B.CreateAlignedStore(Arg, Field, alignOf(I));
  }
  if (!TargetIsConstant)
    B.CreateAlignedStore(Target.getCalledOperand(),
                         B.CreateStructGEP(ArgsTy, Args, FieldOf[I]),
                         alignOf(I));
}

Value *GoStatement::argumentIn(IRBuilder<> &B, Value *Args, unsigned I) {
  Align Wanted = Target.getParamAlign(I).valueOrOne();
  auto Local = [&](Type *Ty) {
    AllocaInst *A = B.CreateAlloca(Ty);
    A->setAlignment(std::max(A->getAlign(), Wanted));
    return A;
  };
  if (Target.paramHasAttr(I, Attribute::StructRet))
    return Local(Target.getParamStructRetType(I));
  Value *Field = B.CreateStructGEP(ArgsTy, Args, FieldOf[I]);
  Type *Ty = Fields[FieldOf[I]];
  if (!Target.isByValArgument(I))
    return B.CreateAlignedLoad(Ty, Field, alignOf(I));
  if (Wanted <= alignOf(I))
    return Field;
  AllocaInst *Copy = Local(Ty);
  B.CreateMemCpy(Copy, Copy->getAlign(), Field, alignOf(I),
                 M.getDataLayout().getTypeAllocSize(Ty));
  return Copy;
}

// The caller's attributes that decide about code generation apply to the
// trampoline too; those about its behaviour don't.
static void copyTargetAttributes(Function &To, const Function &From) {
  for (StringRef Kind : {"target-cpu", "target-features", "tune-cpu"})
    if (From.hasFnAttribute(Kind))
      To.addFnAttr(From.getFnAttribute(Kind));
  for (auto Kind : {Attribute::OptimizeNone, Attribute::NoInline,
                    Attribute::SanitizeAddress, Attribute::SanitizeThread,
                    Attribute::SanitizeMemory, Attribute::UWTable})
    if (From.hasFnAttribute(Kind))
      To.addFnAttr(From.getFnAttribute(Kind));
}

// A function without a line would hide those of what is inlined into it.
static void describeTrampoline(Function &F, CallInst &Call,
                               const CallInst &Target) {
  DISubprogram *Caller = Target.getFunction()->getSubprogram();
  if (!Caller)
    return;
  DIBuilder B(*F.getParent(), /*AllowUnresolved=*/false, Caller->getUnit());
  unsigned Line =
      Target.getDebugLoc() ? Target.getDebugLoc().getLine() : Caller->getLine();
  DISubprogram *SP = B.createFunction(
      Caller->getFile(), "vine_go", F.getName(), Caller->getFile(), Line,
      B.createSubroutineType(B.getOrCreateTypeArray({})), Line,
      DINode::FlagArtificial,
      DISubprogram::SPFlagDefinition | DISubprogram::SPFlagLocalToUnit);
  B.finalizeSubprogram(SP);
  F.setSubprogram(SP);
  Call.setDebugLoc(DILocation::get(F.getContext(), Line, 0, SP));
}

// After what it calls, for tracebacks (traceback.c), if that is known.
std::string GoStatement::trampolineName() {
  Function *Callee = calledFunction(Target);
  return ("vine_go.tramp." + Twine(Number) + (Callee ? "." : "") +
          (Callee ? Callee->getName() : ""))
      .str();
}

Function *GoStatement::createTrampoline() {
  auto *Ptr = PointerType::get(Ctx, 0);
  // Nothing to pass, no parameter: an empty byval would still be copied, from
  // past the end of the stack, to the side stack.
  SmallVector<Type *, 1> Params;
  if (!Fields.empty())
    Params.push_back(Ptr);
  auto *Ty = FunctionType::get(Type::getVoidTy(Ctx), Params, false);
  auto *F =
      Function::Create(Ty, GlobalValue::InternalLinkage, trampolineName(), M);
  if (!Fields.empty()) {
    F->addParamAttr(0, Attribute::getWithByValType(Ctx, ArgsTy));
    F->addParamAttr(0, Attribute::getWithAlignment(Ctx, BlockAlign));
  }
  copyTargetAttributes(*F, *Target.getFunction());

  IRBuilder<> B(BasicBlock::Create(Ctx, "", F));
  SmallVector<Value *, 8> Args;
  for (unsigned I = 0; I < Target.arg_size(); ++I)
    Args.push_back(argumentIn(B, F->getArg(0), I));
  Value *Callee = Target.getCalledOperand();
  if (!TargetIsConstant)
    Callee = B.CreateAlignedLoad(
        Callee->getType(),
        B.CreateStructGEP(ArgsTy, F->getArg(0), FieldOf[Target.arg_size()]),
        alignOf(Target.arg_size()));
  CallInst *Call = B.CreateCall(Target.getFunctionType(), Callee, Args);
  Call->setAttributes(Target.getAttributes());
  Call->setCallingConv(Target.getCallingConv());
  describeTrampoline(*F, *Call, Target);
  B.CreateRetVoid();
  return F;
}

// An argument in one general register. Attributes such as byval, sret and nest
// mean another place, or another register.
static bool isWord(const CallInst &Call, unsigned I, const DataLayout &DL) {
  for (auto Kind : {Attribute::ByVal, Attribute::StructRet, Attribute::Nest,
                    Attribute::InReg, Attribute::InAlloca, Attribute::SwiftSelf,
                    Attribute::SwiftError})
    if (Call.paramHasAttr(I, Kind))
      return false;
  Type *Ty = Call.getArgOperand(I)->getType();
  return Ty->isPointerTy() ||
         (Ty->isIntegerTy() && DL.getTypeSizeInBits(Ty) <= 64);
}

// A result that may be left where it is: in general or vector registers, that
// is, not on the x87 stack, and not in memory that the caller provides.
static bool canDropResult(Type *Ty) {
  return Ty->isVoidTy() || Ty->isPointerTy() || Ty->isFloatTy() ||
         Ty->isDoubleTy() ||
         (Ty->isIntegerTy() && Ty->getIntegerBitWidth() <= 128);
}

bool GoStatement::fitsWords() const {
  if (Target.getFunctionType()->isVarArg() || Target.arg_size() > MaxWords ||
      Target.getCallingConv() != CallingConv::C ||
      !canDropResult(Target.getType()))
    return false;
  for (unsigned I = 0; I < Target.arg_size(); ++I)
    if (!isWord(Target, I, M.getDataLayout()))
      return false;
  return true;
}

// The callee of a narrow integer may rely on its being extended as its
// attribute says.
static Value *asWord(IRBuilder<> &B, const CallInst &Call, unsigned I) {
  Value *Arg = Call.getArgOperand(I);
  if (Arg->getType()->isPointerTy())
    return B.CreatePtrToInt(Arg, B.getInt64Ty());
  return Call.paramHasAttr(I, Attribute::SExt)
             ? B.CreateSExtOrTrunc(Arg, B.getInt64Ty())
             : B.CreateZExtOrTrunc(Arg, B.getInt64Ty());
}

void GoStatement::startWithWords(IRBuilder<> &B) {
  assert(fitsWords() && "arguments that need memory");
  ++NumWords;
  SmallVector<Value *, 5> Args = {Target.getCalledOperand()};
  for (unsigned I = 0; I < MaxWords; ++I)
    Args.push_back(I < Target.arg_size() ? asWord(B, Target, I)
                                         : B.getInt64(0));
  Type *Word = B.getInt64Ty();
  FunctionCallee Go = runtimeFunction(
      M, "__vine_go_words",
      FunctionType::get(B.getVoidTy(),
                        {PointerType::get(Ctx, 0), Word, Word, Word, Word},
                        false));
  B.CreateCall(Go, Args);
}

void GoStatement::startWithBlock(IRBuilder<> &B) {
  ++NumBlocks;
  layOutArguments();
  Function &Caller = *Target.getFunction();
  auto *Ptr = PointerType::get(Ctx, 0);
  Value *Args = ConstantPointerNull::get(Ptr);
  if (!Fields.empty()) {
    IRBuilder<> Top(&*Caller.getEntryBlock().getFirstInsertionPt());
    AllocaInst *A = Top.CreateAlloca(ArgsTy, nullptr, "vine_go.args");
    A->setAlignment(BlockAlign);
    Args = A;
  }

  storeArguments(B, Args);
  FunctionCallee Go = runtimeFunction(
      M, "__vine_go",
      FunctionType::get(B.getVoidTy(), {Ptr, Ptr, B.getInt64Ty()}, false));
  uint64_t Size = M.getDataLayout().getTypeAllocSize(ArgsTy);
  // Folds to the trampoline where the target is a function that exists.
  Value *Start =
      B.CreateSelect(B.CreateIsNull(Target.getCalledOperand()),
                     ConstantPointerNull::get(Ptr), createTrampoline());
  B.CreateCall(Go, {Start, Args, B.getInt64(Size)});
}

void GoStatement::lower(bool FixedStacks) {
  IRBuilder<> B(&Target);
  // The callee may be anybody's; by a trampoline without the magic the runtime
  // knows that a fixed stack is wanted.
  if (!FixedStacks && fitsWords())
    startWithWords(B);
  else
    startWithBlock(B);
  // clang may store the result into a temporary that nobody reads.
  if (!Target.getType()->isVoidTy())
    Target.replaceAllUsesWith(UndefValue::get(Target.getType()));
  Target.eraseFromParent();
}

static bool isCallOf(const Instruction &I, StringRef Name) {
  auto *Call = dyn_cast<CallInst>(&I);
  Function *Callee = Call ? calledFunction(*Call) : nullptr;
  return Callee && Callee->getName() == Name;
}

// The call that the statement ending at End starts, or null.
static CallInst *callToStart(CallInst &End) {
  for (Instruction *I = End.getPrevNode(); I; I = I->getPrevNode()) {
    auto *Call = dyn_cast<CallInst>(I);
    if (!Call || isa<IntrinsicInst>(Call) || Call->isInlineAsm())
      continue;
    return isCallOf(*Call, "__vine_go_begin") ? nullptr : Call;
  }
  return nullptr;
}

// True if control can get from Begin to some __vine_go_end.
static bool reachesEnd(CallInst &Begin) {
  SmallPtrSet<BasicBlock *, 8> Seen;
  SmallVector<BasicBlock *, 8> Worklist = {Begin.getParent()};
  while (!Worklist.empty()) {
    BasicBlock *BB = Worklist.pop_back_val();
    if (!Seen.insert(BB).second)
      continue;
    for (Instruction &I : *BB)
      if (isCallOf(I, "__vine_go_end") &&
          (BB != Begin.getParent() || Begin.comesBefore(&I)))
        return true;
    append_range(Worklist, successors(BB));
  }
  return false;
}

static SmallVector<CallInst *, 8> callsOf(Module &M, StringRef Name) {
  SmallVector<CallInst *, 8> Calls;
  if (Function *F = M.getFunction(Name))
    for (User *U : F->users())
      if (auto *Call = dyn_cast<CallInst>(U))
        Calls.push_back(Call);
  return Calls;
}

void lowerGoStatements(Module &M, bool FixedStacks) {
  for (CallInst *Begin : callsOf(M, "__vine_go_begin"))
    if (!reachesEnd(*Begin))
      reportError(*Begin->getFunction(),
                  "vine_go of a function that is declared not to return",
                  Begin);
  unsigned Number = 0;
  for (CallInst *End : callsOf(M, "__vine_go_end")) {
    if (CallInst *Target = callToStart(*End))
      GoStatement(*Target, Number++).lower(FixedStacks);
    else
      reportError(*End->getFunction(), "vine_go needs a function call", End);
    End->eraseFromParent();
  }
  for (CallInst *Begin : callsOf(M, "__vine_go_begin"))
    Begin->eraseFromParent();
}

} // namespace vine
