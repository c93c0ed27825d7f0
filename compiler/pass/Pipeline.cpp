// SPDX-License-Identifier: MIT
//
// The order of the rewrites. Read this first; each name is a file.
//
// Two stages. Some facts must be hidden from the optimiser (that an address
// of a thread-local variable is the same after a call), so EarlyPass runs
// before it. Frames must be made movable after it, when inlining and
// promotion to registers have left few locals, so LatePass runs after it.
//
// For fixed stacks (-vine-fixed: under a sanitizer, or for valgrind) only that
// is done which goroutines need on any stack: vine_go, main's name, and
// thread-local addresses that are right after a switch.
#include "Pipeline.h"

#include "Abi.h"
#include "Vine.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

static cl::opt<bool>
    FixedStacks("vine-fixed", cl::init(false),
                cl::desc("Compile for goroutines on fixed stacks"));

namespace vine {

PreservedAnalyses EarlyPass::run(Module &M, ModuleAnalysisManager &) {
  if (!FixedStacks)
    markForeignFunctions(M);
  lowerGoStatements(M, FixedStacks);
  forbidCachedLocations(M);
  for (Function &F : M)
    if (FixedStacks ? !F.isDeclaration() : isInstrumented(F)) {
      hideThreadLocals(F);
      hideCharTables(F);
    }
  return PreservedAnalyses::none();
}

// Before the sanitizers' passes, which clang registers after the plugins'.
static void rewriteForFixedStacks(Module &M) {
  renameMain(M);
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    showCharTables(F);
    lowerThreadLocals(F);
    exemptThreadLocals(F);
  }
}

static void rewriteModule(Module &M, FunctionAnalysisManager &FAM) {
  markForeignFunctions(M);
  renameMain(M);
  replaceSetjmp(M);
  makeWideReturnsExplicit(M, [&](Function &F) -> const TargetTransformInfo & {
    return FAM.getResult<TargetIRAnalysis>(F);
  });
  splitVariadics(M);
}

static void rewriteFunction(Function &F) {
  rejectExceptions(F);
  showCharTables(F);
  makeLibCallsExplicit(F);
  reportFloatEnv(F);
  pinIfFrameIsNamed(F);
  moveLocals(F);
  routeCalls(F);
  lowerThreadLocals(F);
}

// Polls look at the prologues of callees, so all calls must be final.
static void addChecks(ArrayRef<Function *> Ours, FunctionAnalysisManager &FAM) {
  SmallPtrSet<const Function *, 32> Checked;
  for (Function *F : Ours)
    if (hasCheckedEntry(*F))
      Checked.insert(F);
  for (Function *F : Ours)
    pollLoops(*F, FAM.getResult<TargetLibraryAnalysis>(*F), Checked);
  for (Function *F : Ours)
    checkStack(*F);
}

// The check of a prologue covers the frame as laid out, not what is pushed
// later, so arguments must not be pushed. LLVM's option for that has no
// counterpart in the IR.
static void forbidPushedArguments() {
  auto &Options = cl::getRegisteredOptions();
  auto It = Options.find("no-x86-call-frame-opt");
  if (It != Options.end() && !It->second->getNumOccurrences())
    It->second->addOccurrence(0, It->first(), "true");
}

PreservedAnalyses LatePass::run(Module &M, ModuleAnalysisManager &AM) {
  if (FixedStacks) {
    rewriteForFixedStacks(M);
    return PreservedAnalyses::none();
  }
  auto &FAM = AM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
  rewriteModule(M, FAM);
  SmallVector<Function *, 32> Ours;
  for (Function &F : M)
    if (isInstrumented(F))
      Ours.push_back(&F);
  for (Function *F : Ours)
    rewriteFunction(*F);
  addChecks(Ours, FAM);
  defineAliases(M);
  if (!Ours.empty()) {
    referToAbi(M);
    forbidPushedArguments();
  }
  return PreservedAnalyses::none();
}

} // namespace vine
