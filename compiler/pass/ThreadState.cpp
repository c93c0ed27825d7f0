// SPDX-License-Identifier: MIT
//
// Functions that change what belongs to the thread, in ways that a goroutine
// must find again: the runtime's functions are put in place of the C library's.
// That is the locale of uselocale (runtime/sched/locale.c), and cancellation
// (runtime/libc/cancel.c). So they are in that of what sends a signal to a
// thread (runtime/net/kill.c).
//
// In C, pthread_cleanup_push is a macro: __sigsetjmp fills a buffer in the
// frame, __pthread_register_cancel puts it on the thread's chain, and when the
// thread is cancelled, or exits, the C library jumps to it. pthread_cleanup_pop
// takes it off. So that __sigsetjmp must be the C library's own (Setjmp.cpp
// asks fillsCleanupBuffer), and since the chain is the thread's, a goroutine
// must not change its thread meanwhile.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

VINE_STATISTIC(NumReplaced, "Functions about threads replaced");

namespace vine {

static bool isCleanupPush(StringRef Name) {
  return Name == "__pthread_register_cancel" ||
         Name == "__pthread_register_cancel_defer";
}

bool fillsCleanupBuffer(const CallBase &CB) {
  if (CB.arg_size() == 0)
    return false;
  const Value *Buffer = getUnderlyingObject(CB.getArgOperand(0), 0);
  for (const Instruction &I : instructions(*CB.getFunction())) {
    auto *Push = dyn_cast<CallBase>(&I);
    const Function *Callee = Push ? calledFunction(*Push) : nullptr;
    if (Callee && isCleanupPush(linkerName(*Callee)) &&
        getUnderlyingObject(Push->getArgOperand(0), 0) == Buffer)
      return true;
  }
  return false;
}

static void replaceFunction(Module &M, StringRef From, StringRef To) {
  Function *Old = M.getFunction(From);
  if (!Old || !Old->isDeclaration())
    return;
  ++NumReplaced;
  auto *New = cast<Function>(
      M.getOrInsertFunction(To, Old->getFunctionType()).getCallee());
  Old->replaceAllUsesWith(New);
  Old->eraseFromParent();
}

void replaceThreadState(Module &M) {
#define LIBC_CANCEL(name, to) replaceFunction(M, #name, #to);
#define LIBC_KILL(name, to) replaceFunction(M, #name, #to);
#define LIBC_LOCALE(name, to) replaceFunction(M, #name, #to);
#include "../../abi/libc.def"
}

} // namespace vine
