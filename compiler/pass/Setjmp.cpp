// SPDX-License-Identifier: MIT
//
// setjmp, longjmp and <ucontext.h> on stacks that move (abi/README.md section
// 5).
//
// libc's would save an address in the frame and jump back to it. The
// runtime's own save the distance from the stack's top, so nothing is pinned;
// here their names are put in place of libc's, for calls and for addresses.
//
// __builtin_setjmp(b) has only five words in b, and clang stores the frame's
// address into the first and the stack pointer into the third. Those stores
// go; b[0] gets the address of a full buffer among the function's own locals.
//
// Not theirs: the __sigsetjmp of a pthread_cleanup_push, whose buffer goes on
// to __pthread_register_cancel. To that one the C library itself jumps, as it
// unwinds the thread. It stays the C library's, a function that returns twice
// like any (Pin.cpp).
//
// vfork shares its stack with the child, which returns from the function:
// fork instead. _Fork calls no handlers of the program's, but needs the
// runtime's: a function of its own.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumReplaced, "Uses of setjmp, longjmp and vfork replaced");

namespace vine {

// What __vine_setjmp writes at most: glibc's jmp_buf has 200 bytes.
static constexpr uint64_t JmpBufBytes = 200;

struct Replacement {
  StringRef From, To;
};

static constexpr Replacement Replacements[] = {
#define LIBC_SETJMP(name, to) {#name, #to},
#define LIBC_LONGJMP(name, to, as) {#name, #to},
#define LIBC_CONTEXT(name, to) {#name, #to},
#define LIBC_VFORK(name, to) {#name, #to},
#define LIBC_FORK(name, to) {#name, #to},
#include "../../abi/libc.def"
};

static bool staysLibcs(const User *U, const Replacement &R) {
  auto *CB = dyn_cast<CallBase>(U);
  return CB && R.From == "__sigsetjmp" && fillsCleanupBuffer(*CB);
}

static void replaceFunction(Module &M, const Replacement &R) {
  Function *Old = M.getFunction(R.From);
  if (!Old || !Old->isDeclaration())
    return;
  auto *New = cast<Function>(
      M.getOrInsertFunction(R.To, Old->getFunctionType()).getCallee());
  if (R.To != "fork")
    New->setAttributes(Old->getAttributes());
  for (User *U : Old->users()) {
    if (staysLibcs(U, R))
      continue;
    ++NumReplaced;
    auto *CB = dyn_cast<CallBase>(U);
    if (CB && R.To == "fork")
      CB->removeFnAttr(Attribute::ReturnsTwice);
    // A jump into setjmp would make it return to our caller.
    if (auto *Call = dyn_cast<CallInst>(U); Call && R.To != "fork")
      Call->setTailCallKind(CallInst::TCK_NoTail);
  }
  Old->replaceUsesWithIf(New,
                         [&](Use &U) { return !staysLibcs(U.getUser(), R); });
  if (Old->use_empty())
    Old->eraseFromParent();
}

static FunctionCallee vineSetjmp(Module &M) {
  LLVMContext &Ctx = M.getContext();
  FunctionCallee Callee = M.getOrInsertFunction(
      "__vine_setjmp", FunctionType::get(Type::getInt32Ty(Ctx),
                                         {PointerType::get(Ctx, 0)}, false));
  if (auto *F = dyn_cast<Function>(Callee.getCallee()))
    F->addFnAttr(Attribute::ReturnsTwice);
  return Callee;
}

static FunctionCallee vineLongjmp(Module &M) {
  LLVMContext &Ctx = M.getContext();
  FunctionCallee Callee = M.getOrInsertFunction(
      "__vine_longjmp",
      FunctionType::get(Type::getVoidTy(Ctx),
                        {PointerType::get(Ctx, 0), Type::getInt32Ty(Ctx)},
                        false));
  if (auto *F = dyn_cast<Function>(Callee.getCallee()))
    F->addFnAttr(Attribute::NoReturn);
  return Callee;
}

// Removes clang's stores of the frame address and the stack pointer.
static void dropFrameStores(IntrinsicInst &Setjmp) {
  const Value *Buffer = Setjmp.getArgOperand(0)->stripInBoundsOffsets();
  for (Instruction &I : make_early_inc_range(*Setjmp.getParent())) {
    if (&I == &Setjmp)
      return;
    auto *Store = dyn_cast<StoreInst>(&I);
    if (!Store)
      continue;
    auto *II = dyn_cast<IntrinsicInst>(Store->getValueOperand());
    bool IsFrame = II && (II->getIntrinsicID() == Intrinsic::frameaddress ||
                          II->getIntrinsicID() == Intrinsic::stacksave);
    if (!IsFrame ||
        Store->getPointerOperand()->stripInBoundsOffsets() != Buffer)
      continue;
    Store->eraseFromParent();
    if (II->use_empty())
      II->eraseFromParent();
  }
}

static void lowerBuiltinSetjmp(IntrinsicInst &II) {
  dropFrameStores(II);
  Function &F = *II.getFunction();
  IRBuilder<> Top(&*F.getEntryBlock().getFirstInsertionPt());
  AllocaInst *Full = Top.CreateAlloca(
      ArrayType::get(Top.getInt8Ty(), JmpBufBytes), nullptr, "setjmp.full");
  Full->setAlignment(Align(16));
  IRBuilder<> B(&II);
  B.CreateStore(Full, II.getArgOperand(0));
  CallInst *Call = B.CreateCall(vineSetjmp(*F.getParent()), {Full});
  Call->addFnAttr(Attribute::ReturnsTwice);
  II.replaceAllUsesWith(Call);
  II.eraseFromParent();
}

static void lowerBuiltinLongjmp(IntrinsicInst &II) {
  assert(II.getIntrinsicID() == Intrinsic::eh_sjlj_longjmp && "the other one");
  IRBuilder<> B(&II);
  Value *Full = B.CreateLoad(B.getPtrTy(), II.getArgOperand(0));
  B.CreateCall(vineLongjmp(*II.getModule()), {Full, B.getInt32(1)})
      ->setDoesNotReturn();
  II.eraseFromParent();
}

void replaceSetjmp(Module &M) {
  for (const Replacement &R : Replacements)
    replaceFunction(M, R);
  SmallVector<IntrinsicInst *, 4> Builtins;
  for (Function &F : M)
    if (isInstrumented(F))
      for (Instruction &I : instructions(F))
        if (auto *II = dyn_cast<IntrinsicInst>(&I))
          if (II->getIntrinsicID() == Intrinsic::eh_sjlj_setjmp ||
              II->getIntrinsicID() == Intrinsic::eh_sjlj_longjmp)
            Builtins.push_back(II);
  NumReplaced += Builtins.size();
  for (IntrinsicInst *II : Builtins)
    if (II->getIntrinsicID() == Intrinsic::eh_sjlj_setjmp)
      lowerBuiltinSetjmp(*II);
    else
      lowerBuiltinLongjmp(*II);
}

} // namespace vine
