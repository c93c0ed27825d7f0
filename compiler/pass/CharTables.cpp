// SPDX-License-Identifier: MIT
//
// Keeps <ctype.h> fast: isdigit(c) and its kin are, in glibc,
//
//     (*__ctype_b_loc())[c] & mask
//
// where __ctype_b_loc returns the address of a thread-local pointer. C
// compilers hoist that call out of loops. Here it may not be (ThreadLocal.cpp:
// the goroutine may continue on another thread), and then each character
// costs a call: a parser of numbers took 1.4 times as long.
//
// But what is read through the address, the table, is no thread's: it belongs
// to the locale. So call and load are made one, early, a call of the opaque
// __vine_ctype_table that reads memory nobody can see: the optimiser merges and
// hoists it as it likes, over stores too, but not over a call, which might be
// setlocale. Late, what is left becomes call and load again.
//
// A loop poll may change the thread between the two. All threads have the same
// table unless the program gives them locales of their own (uselocale), which
// stay the threads' and aren't the goroutines'.
#include "Abi.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/ModRef.h"

using namespace llvm;

namespace vine {

static constexpr StringRef Locations[] = {
    "__ctype_b_loc", "__ctype_tolower_loc", "__ctype_toupper_loc"};
static constexpr const char *TableName = "__vine_ctype_table";

// ptr __vine_ctype_table(ptr location function)
static FunctionCallee tableFunction(Module &M) {
  auto *Ptr = PointerType::get(M.getContext(), 0);
  FunctionCallee Callee =
      runtimeFunction(M, TableName, FunctionType::get(Ptr, {Ptr}, false));
  auto *F = cast<Function>(Callee.getCallee());
  F->setMemoryEffects(MemoryEffects::inaccessibleMemOnly(ModRefInfo::Ref));
  F->addFnAttr(Attribute::WillReturn);
  F->addFnAttr(Attribute::Speculatable);
  return Callee;
}

static bool isTableLoad(const User *U, const CallInst &Address) {
  auto *Load = dyn_cast<LoadInst>(U);
  return Load && Load->getType()->isPointerTy() && Load->isSimple() &&
         Load->getPointerOperand() == &Address;
}

static void hideCharTable(CallInst &Address) {
  for (User *U : make_early_inc_range(Address.users())) {
    if (!isTableLoad(U, Address))
      continue;
    auto *Load = cast<LoadInst>(U);
    IRBuilder<> B(Load);
    CallInst *Table = B.CreateCall(tableFunction(*Address.getModule()),
                                   {calledFunction(Address)});
    Load->replaceAllUsesWith(Table);
    Load->eraseFromParent();
  }
  if (Address.use_empty())
    Address.eraseFromParent();
}

static SmallVector<CallInst *, 8> callsOf(Function &F,
                                          ArrayRef<StringRef> Names) {
  SmallVector<CallInst *, 8> Calls;
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallInst>(&I))
      if (Function *Callee = calledFunction(*Call))
        if (is_contained(Names, Callee->getName()))
          Calls.push_back(Call);
  return Calls;
}

void hideCharTables(Function &F) {
  for (CallInst *Address : callsOf(F, Locations))
    hideCharTable(*Address);
}

static void showCharTable(CallInst &Table) {
  IRBuilder<> B(&Table);
  auto *Location = cast<Function>(Table.getArgOperand(0));
  CallInst *Address = B.CreateCall(Location);
  Address->setDoesNotThrow();
  Value *Load = B.CreateAlignedLoad(Table.getType(), Address, Align(8));
  Table.replaceAllUsesWith(Load);
  Table.eraseFromParent();
}

void showCharTables(Function &F) {
  for (CallInst *Table : callsOf(F, {TableName}))
    showCharTable(*Table);
}

} // namespace vine
