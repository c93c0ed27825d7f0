// SPDX-License-Identifier: MIT
//
// A malloc of the program's own (runtime/mem/threadmem.c).
//
// While the runtime starts a thread the C library allocates, by the program's
// functions if it has any. These begin with a question to the runtime then,
// which may have the memory, so that the thread's start never waits for a lock
// that a preempted goroutine holds:
//
//     malloc(n)      p = __vine_own_alloc(1, n);     if (p) return p;
//     calloc(n, m)   p = __vine_own_alloc(n, m);     if (p) return p;
//     free(p)        if (__vine_own_free(p)) return;
//     realloc(p, n)  if (__vine_own_has(p))
//                      return __vine_own_move(malloc(n), p, n);
//
// Copies that were inlined before don't ask: the C library doesn't call them.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

VINE_STATISTIC(NumAsked, "Functions of the program's malloc that ask first");

namespace vine {

// The function that a name leads to, if it is ours and takes so many arguments.
static Function *ownFunction(Module &M, StringRef Name, unsigned Args) {
  auto *GV = M.getNamedValue(Name);
  if (!GV || GV->hasLocalLinkage())
    return nullptr;
  auto *F = dyn_cast_or_null<Function>(GV->getAliaseeObject());
  if (!F || F->isDeclaration() || !isInstrumented(*F) ||
      F->arg_size() != Args || F->isVarArg())
    return nullptr;
  return F;
}

// Makes room for the question after the locals: the entry block then ends with
// a branch to the rest, which is returned.
static BasicBlock *splitAfterLocals(Function &F) {
  BasicBlock &Entry = F.getEntryBlock();
  SmallVector<AllocaInst *, 8> Locals;
  for (Instruction &I : Entry)
    if (auto *AI = dyn_cast<AllocaInst>(&I); AI && AI->isStaticAlloca())
      Locals.push_back(AI);
  for (AllocaInst *AI : reverse(Locals))
    AI->moveBefore(Entry, Entry.begin());
  BasicBlock::iterator At = Entry.begin();
  while (auto *AI = dyn_cast<AllocaInst>(&*At)) {
    if (!AI->isStaticAlloca())
      break;
    ++At;
  }
  return Entry.splitBasicBlock(At, "own");
}

static FunctionCallee runtimeFunction(Module &M, StringRef Name, Type *Result,
                                      ArrayRef<Type *> Args) {
  FunctionCallee C =
      M.getOrInsertFunction(Name, FunctionType::get(Result, Args, false));
  if (auto *F = dyn_cast<Function>(C.getCallee()))
    F->setDoesNotThrow();
  return C;
}

// What B makes next is for the answer yes.
static void branch(Function &F, IRBuilder<> &B, Value *Yes, BasicBlock *Rest) {
  BasicBlock *Ours = BasicBlock::Create(F.getContext(), "own.yes", &F, Rest);
  Instruction *Old = B.GetInsertBlock()->getTerminator();
  B.CreateCondBr(Yes, Ours, Rest);
  Old->eraseFromParent();
  B.SetInsertPoint(Ours);
}

static void askForMemory(Function &F, bool HasCount) {
  Type *Size = F.getArg(0)->getType();
  if (!F.getReturnType()->isPointerTy() || !Size->isIntegerTy(64))
    return;
  BasicBlock *Rest = splitAfterLocals(F);
  IRBuilder<> B(F.getEntryBlock().getTerminator());
  Value *Count = HasCount ? static_cast<Value *>(F.getArg(0)) : B.getInt64(1);
  Value *P = B.CreateCall(runtimeFunction(*F.getParent(), "__vine_own_alloc",
                                          F.getReturnType(), {Size, Size}),
                          {Count, F.getArg(HasCount)});
  branch(F, B, B.CreateIsNotNull(P), Rest);
  B.CreateRet(P);
  ++NumAsked;
}

static void askWhetherOurs(Function &F) {
  Type *Ptr = F.getArg(0)->getType();
  if (!F.getReturnType()->isVoidTy() || !Ptr->isPointerTy())
    return;
  BasicBlock *Rest = splitAfterLocals(F);
  IRBuilder<> B(F.getEntryBlock().getTerminator());
  Value *Yes = B.CreateCall(
      runtimeFunction(*F.getParent(), "__vine_own_free", B.getInt1Ty(), {Ptr}),
      {F.getArg(0)});
  branch(F, B, Yes, Rest);
  B.CreateRetVoid();
  ++NumAsked;
}

static void askForMove(Function &F) {
  Module &M = *F.getParent();
  Type *Ptr = F.getReturnType(), *Size = F.getArg(1)->getType();
  if (!Ptr->isPointerTy() || F.getArg(0)->getType() != Ptr ||
      !Size->isIntegerTy(64))
    return;
  BasicBlock *Rest = splitAfterLocals(F);
  IRBuilder<> B(F.getEntryBlock().getTerminator());
  Value *Yes =
      B.CreateCall(runtimeFunction(M, "__vine_own_has", B.getInt1Ty(), {Ptr}),
                   {F.getArg(0)});
  branch(F, B, Yes, Rest);
  Value *New = B.CreateCall(
      M.getOrInsertFunction("malloc", FunctionType::get(Ptr, {Size}, false)),
      {F.getArg(1)});
  B.CreateRet(
      B.CreateCall(runtimeFunction(M, "__vine_own_move", Ptr, {Ptr, Ptr, Size}),
                   {New, F.getArg(0), F.getArg(1)}));
  ++NumAsked;
}

void yieldOwnMalloc(Module &M) {
  if (Function *F = ownFunction(M, "malloc", 1))
    askForMemory(*F, false);
  if (Function *F = ownFunction(M, "calloc", 2))
    askForMemory(*F, true);
  if (Function *F = ownFunction(M, "free", 1))
    askWhetherOurs(*F);
  if (Function *F = ownFunction(M, "realloc", 2))
    askForMove(*F);
}

} // namespace vine
