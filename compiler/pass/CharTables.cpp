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
// to the locale. So call and load are made one, early, a call of an opaque
// function that reads memory nobody can see: the optimiser merges and hoists it
// as it likes, over stores too, but not over a call, which might be setlocale.
// Late, what is left becomes call and load again.
//
// A loop poll may change the thread between the two. All threads have the same
// table, but for one that a goroutine with a locale of its own keeps to itself
// (runtime/sched/locale.c).
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/ModRef.h"

using namespace llvm;

VINE_STATISTIC(NumTables, "Tables of <ctype.h> looked up");

namespace vine {

static constexpr StringRef Locations[] = {
#define LIBC_TABLE(name) #name,
#include "../../abi/libc.def"
};
// Followed by the location's name: an argument might become a select.
static constexpr StringRef TablePrefix = "__vine_table.";

// ptr __vine_table.__ctype_b_loc(void)
static FunctionCallee tableFunction(Module &M, StringRef Location) {
  FunctionCallee Callee = runtimeFunction(
      M, (TablePrefix + Location).str(),
      FunctionType::get(PointerType::get(M.getContext(), 0), false));
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
    CallInst *Table = B.CreateCall(tableFunction(
        *Address.getModule(), calledFunction(Address)->getName()));
    Load->replaceAllUsesWith(Table);
    Load->eraseFromParent();
  }
  if (Address.use_empty())
    Address.eraseFromParent();
}

static SmallVector<CallInst *, 8> callsOf(Function &F,
                                          function_ref<bool(StringRef)> Is) {
  SmallVector<CallInst *, 8> Calls;
  for (Instruction &I : instructions(F))
    if (auto *Call = dyn_cast<CallInst>(&I))
      if (Function *Callee = calledFunction(*Call))
        if (Is(Callee->getName()))
          Calls.push_back(Call);
  return Calls;
}

void hideCharTables(Function &F) {
  auto IsLocation = [](StringRef Name) {
    return is_contained(Locations, Name);
  };
  for (CallInst *Address : callsOf(F, IsLocation))
    hideCharTable(*Address);
}

static void showCharTable(CallInst &Table) {
  ++NumTables;
  IRBuilder<> B(&Table);
  StringRef Location =
      calledFunction(Table)->getName().drop_front(TablePrefix.size());
  CallInst *Address = B.CreateCall(
      runtimeFunction(*Table.getModule(), Location, Table.getFunctionType()));
  Value *Load = B.CreateAlignedLoad(Table.getType(), Address, Align(8));
  Table.replaceAllUsesWith(Load);
  Table.eraseFromParent();
}

void showCharTables(Function &F) {
  auto IsTable = [](StringRef Name) { return Name.starts_with(TablePrefix); };
  for (CallInst *Table : callsOf(F, IsTable))
    showCharTable(*Table);
}

} // namespace vine
