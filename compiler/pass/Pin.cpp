// SPDX-License-Identifier: MIT
//
// Pins the frames that can't be moved because the program itself asks where
// they are (abi/README.md section 6): __builtin_frame_address, a register
// variable in %rsp, inline assembly that names the stack pointer or pushes,
// and calls of unknown functions that return twice: a setjmp in assembly, which
// is called on the goroutine's stack, since what it saves is of that.
//
// Such a function calls __vine_pin first and __vine_unpin last. While a
// goroutine has pinned frames its stack doesn't move; growth links a segment.
// That is right always and slow when it grows, and hardly any program needs
// it. What a program does with the address may be wrong all the same, so those
// that ask for it are warned: two frames' addresses say nothing of how deep
// the stack is, and a collector that scans the stack doesn't find the locals
// that have moved to the side stack.
#include "Abi.h"
#include "Remarks.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Metadata.h"

using namespace llvm;

VINE_STATISTIC(NumPinned, "Functions pinned");

namespace vine {

static bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_'; }

// True if Word is one that makes assembly depend on the stack's address.
static bool namesStack(StringRef Word) {
  return StringSwitch<bool>(Word)
      .Cases("rsp", "esp", "sp", "rbp", "ebp", true)
      .Cases("push", "pushq", "pop", "popq", "pushf", "pushfq", true)
      .Cases("popf", "popfq", "call", "callq", "enter", "leave", true)
      .Default(false);
}

// The first word of Text that Test accepts.
static StringRef findWord(StringRef Text, function_ref<bool(StringRef)> Test) {
  while (!Text.empty()) {
    Text = Text.drop_until(isWordChar);
    StringRef Word = Text.take_while(isWordChar);
    if (!Word.empty() && Test(Word))
      return Word;
    Text = Text.drop_front(Word.size());
  }
  return "";
}

static bool asmNamesStack(Function &F, CallBase &CB) {
  assert(CB.isInlineAsm() && "the caller looks");
  auto *Asm = cast<InlineAsm>(CB.getCalledOperand());
  // Copies: getAsmString returns a reference in 16 and in 19 alike, but only
  // by chance of version.
  std::string Text = std::string(Asm->getAsmString());
  std::string Constraints = std::string(Asm->getConstraintString());
  if (!findWord(Text, [](StringRef W) {
         return W == "call" || W == "callq";
       }).empty())
    reportWarning(F,
                  "vine: inline assembly that calls a function runs it on "
                  "the goroutine's stack, unchecked; move it into a function "
                  "marked VINE_FOREIGN",
                  &CB);
  return !findWord(Text, namesStack).empty() ||
         !findWord(Constraints, namesStack).empty();
}

static bool intrinsicNamesFrame(const IntrinsicInst &II) {
  switch (II.getIntrinsicID()) {
  case Intrinsic::frameaddress:
  case Intrinsic::addressofreturnaddress:
  case Intrinsic::sponentry:
  case Intrinsic::localescape:
    return true;
  case Intrinsic::returnaddress: // of this frame: only a load from it
    return !cast<ConstantInt>(II.getArgOperand(0))->isZero();
  case Intrinsic::read_register:
  case Intrinsic::read_volatile_register:
  case Intrinsic::write_register: {
    auto *MD =
        cast<MDNode>(cast<MetadataAsValue>(II.getArgOperand(0))->getMetadata());
    return namesStack(cast<MDString>(MD->getOperand(0))->getString());
  }
  default:
    return false;
  }
}

static bool isAskedForAddress(const IntrinsicInst &II) {
  return II.getIntrinsicID() != Intrinsic::returnaddress &&
         II.getIntrinsicID() != Intrinsic::write_register && !II.use_empty();
}

// Whether CB, if it isn't inline assembly, depends on where the frame is.
static bool callNamesFrame(const CallBase &CB) {
  if (auto *II = dyn_cast<IntrinsicInst>(&CB))
    return intrinsicNamesFrame(*II);
  return isUnknownReturnsTwice(CB);
}

// The first call because of which the frame must stay, or null. Warns of all.
static const CallBase *whyPinned(Function &F) {
  const CallBase *First = nullptr;
  bool Warned = false;
  for (Instruction &I : instructions(F)) {
    auto *CB = dyn_cast<CallBase>(&I);
    if (!CB)
      continue;
    if (CB->isInlineAsm() ? !asmNamesStack(F, *CB) : !callNamesFrame(*CB))
      continue;
    First = First ? First : CB;
    auto *II = dyn_cast<IntrinsicInst>(CB);
    if (II && !Warned && isAskedForAddress(*II)) {
      reportWarning(F,
                    "vine: the address of a frame says nothing of the "
                    "stack's depth, and locals lie elsewhere; the stack "
                    "can't move while this function runs",
                    II);
      Warned = true;
    }
  }
  return First;
}

static const char *describe(const CallBase &Reason) {
  if (Reason.isInlineAsm())
    return "its inline assembly names the stack";
  if (isa<IntrinsicInst>(Reason))
    return "it asks where its frame is";
  assert(Reason.hasFnAttr(Attribute::ReturnsTwice) && "no reason to pin");
  return "it calls a function that returns twice";
}

// A second return of CB may come from any depth, by a jump that the runtime
// knows nothing of: puts right what has changed since the first.
static void rewindAfter(CallBase &CB) {
  Module &M = *CB.getModule();
  IRBuilder<> B(&CB);
  Type *Word = B.getInt64Ty();
  auto *MarkTy = FunctionType::get(StructType::get(Word, Word), false);
  auto *RewindTy = FunctionType::get(B.getVoidTy(), {Word, Word}, false);
  Value *Mark = B.CreateCall(runtimeFunction(M, "__vine_mark", MarkTy));
  Value *Depth = B.CreateExtractValue(Mark, 0);
  Value *Pins = B.CreateExtractValue(Mark, 1);
  Value *SSP = loadTcb(B, VINE_TCB_SSP, "twice.ssp");
  B.SetInsertPoint(CB.getNextNode());
  B.CreateCall(runtimeFunction(M, "__vine_rewind", RewindTy), {Depth, Pins});
  storeTcb(B, SSP, VINE_TCB_SSP);
}

static void rewindReturnsTwice(Function &F) {
  SmallVector<CallInst *, 2> Calls;
  for (Instruction &I : instructions(F))
    if (auto *CB = dyn_cast<CallInst>(&I); CB && isUnknownReturnsTwice(*CB))
      Calls.push_back(CB);
  for (CallInst *CB : Calls) {
    CB->setTailCallKind(CallInst::TCK_NoTail);
    rewindAfter(*CB);
  }
}

// Whether Text stores the stack pointer, and isn't a switch of stacks, which
// loads it too (Foreignness.cpp).
static bool savesStackPointer(StringRef Text) {
  bool Stores = false;
  for (StringRef Line; !Text.empty();) {
    std::tie(Line, Text) = Text.split('\n');
    auto [Operands, To] = Line.rsplit(',');
    if (To.trim() == "%rsp")
      return false;
    Stores |= Operands.contains("%rsp") && !Operands.contains('(') &&
              To.contains('(');
  }
  return Stores;
}

static void warnOfSavedStackPointer(Function &F) {
  if (!F.hasFnAttribute(Attribute::Naked) ||
      F.hasFnAttribute(Attribute::ReturnsTwice))
    return;
  for (Instruction &I : instructions(F)) {
    auto *CB = dyn_cast<CallBase>(&I);
    if (!CB || !CB->isInlineAsm())
      continue;
    auto *Asm = cast<InlineAsm>(CB->getCalledOperand());
    if (!savesStackPointer(std::string(Asm->getAsmString())))
      continue;
    reportWarning(F,
                  "vine: this function saves the stack pointer, and runs on "
                  "the thread's stack; if it is a setjmp, declare it "
                  "__attribute__((returns_twice)) wherever it is called",
                  &I);
    return;
  }
}

void warnOfSavedStackPointers(Module &M) {
  for (Function &F : M)
    warnOfSavedStackPointer(F);
}

void pinIfFrameIsNamed(Function &F) {
  const CallBase *Reason = whyPinned(F);
  if (!Reason)
    return;
  ++NumPinned;
  remarkOnFunction("FunctionPinned", F, Reason, "pinned", describe(*Reason));
  rewindReturnsTwice(F);
  Module &M = *F.getParent();
  auto *Ty = FunctionType::get(Type::getVoidTy(M.getContext()), false);
  FunctionCallee Pin = runtimeFunction(M, "__vine_pin", Ty);
  FunctionCallee Unpin = runtimeFunction(M, "__vine_unpin", Ty);
  IRBuilder<>(&*F.getEntryBlock().getFirstNonPHIOrDbgOrAlloca())
      .CreateCall(Pin);
  for (BasicBlock &BB : F) {
    auto *Ret = dyn_cast<ReturnInst>(BB.getTerminator());
    if (!Ret)
      continue;
    Instruction *At = exitIsMustTail(*Ret) ? exitPoint(*Ret) : Ret;
    IRBuilder<>(At).CreateCall(Unpin);
  }
}

} // namespace vine
