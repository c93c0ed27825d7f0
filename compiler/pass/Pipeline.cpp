// SPDX-License-Identifier: MIT
//
// The order of the rewrites, as one table. Read this first; each name is a
// file: vine-side-stack is SideStack.cpp.
//
// Two stages. Some facts must be hidden from the optimiser (that an address
// of a thread-local variable is the same after a call), so the early stage runs
// before it. Frames must be made movable after it, when inlining and
// promotion to registers have left few locals, so the late stage runs after it.
// A name that stands in both, or twice in one, is a rewrite in several steps.
//
// For fixed stacks (-vine-fixed: under a sanitizer, or for valgrind) only that
// is done which goroutines need on any stack: vine_go, the mark of main, and
// thread-local addresses that are right after a switch. There the late stage
// runs before the sanitizers' passes, which clang registers after the plugins'.
#include "Pipeline.h"

#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

static cl::opt<bool>
    FixedStacks("vine-fixed", cl::init(false),
                cl::desc("Compile for goroutines on fixed stacks"));

namespace vine {

bool isForFixedStacks() { return FixedStacks; }

namespace {

// The stacks for which a rewrite is made.
enum Stacks { Growing, Fixed, Any };

struct Rewrite {
  StringLiteral Stage;
  StringLiteral Name;
  Stacks For;
  void (*Run)(Module &M, FunctionAnalysisManager &FAM);

  bool isMeantBy(StringRef PassName) const {
    return PassName == Stage || PassName == Name;
  }
};

template <void (*Run)(Module &)>
void onModule(Module &M, FunctionAnalysisManager &) {
  Run(M);
}

bool isToRewrite(const Function &F) {
  if (!FixedStacks)
    return isInstrumented(F);
  return !F.isDeclaration() && !F.hasFnAttribute(Attribute::Naked);
}

template <void (*Run)(Function &)>
void onFunctions(Module &M, FunctionAnalysisManager &) {
  SmallVector<Function *, 32> Ours; // before Run adds others
  for (Function &F : M)
    if (isToRewrite(F))
      Ours.push_back(&F);
  for (Function *F : Ours)
    Run(*F);
}

void onGoStatements(Module &M, FunctionAnalysisManager &) {
  lowerGoStatements(M, FixedStacks);
}

void onWideReturns(Module &M, FunctionAnalysisManager &FAM) {
  makeWideReturnsExplicit(M, [&](Function &F) -> const TargetTransformInfo & {
    return FAM.getResult<TargetIRAnalysis>(F);
  });
}

void onHooks(Module &M, FunctionAnalysisManager &FAM) {
  for (Function &F : M)
    if (isToRewrite(F))
      insertHooks(F, FAM);
}

void onLoops(Module &M, FunctionAnalysisManager &FAM) {
  pollLoops(M, [&](Function &F) -> const TargetLibraryInfo & {
    return FAM.getResult<TargetLibraryAnalysis>(F);
  });
}

constexpr Rewrite Rewrites[] = {
    {EarlyStage, "vine-foreignness", Growing, onModule<markForeignFunctions>},
    {EarlyStage, "vine-go", Any, onGoStatements},
    {EarlyStage, "vine-thread-local", Any, onModule<forbidCachedLocations>},
    {EarlyStage, "vine-thread-local", Any, onFunctions<hideThreadLocals>},
    {EarlyStage, "vine-char-tables", Any, onFunctions<hideCharTables>},
    {EarlyStage, "vine-link-time", Any, onModule<leaveToLater>},

    {LinkStage, "vine-link-time", Growing, onModule<fenceForeign>},

    // The module, where signatures and symbols change.
    {LateStage, "vine-foreignness", Growing, onModule<markForeignFunctions>},
    {LateStage, "vine-diagnostics", Growing, onFunctions<rejectConventions>},
    {LateStage, "vine-entry", Any, onModule<announceMain>},
    {LateStage, "vine-setjmp", Growing, onModule<replaceSetjmp>},
    {LateStage, "vine-cancel", Any, onModule<replaceThreadState>},
    {LateStage, "vine-own-malloc", Growing, onModule<yieldOwnMalloc>},
    {LateStage, "vine-wide-returns", Growing, onWideReturns},
    {LateStage, "vine-varargs", Growing, onModule<splitVariadics>},
    {LateStage, "vine-own-leaf", Growing, onModule<splitOwnLeaves>},

    // Each function, as the rewrites before left it.
    {LateStage, "vine-diagnostics", Growing, onFunctions<rejectExceptions>},
    {LateStage, "vine-hooks", Growing, onHooks},
    {LateStage, "vine-emulated-tls", Any, onFunctions<callEmulatedTls>},
    {LateStage, "vine-char-tables", Any, onFunctions<showCharTables>},
    {LateStage, "vine-lib-calls", Growing, onFunctions<makeLibCallsExplicit>},
    {LateStage, "vine-traps", Growing, onFunctions<callTrapFunctions>},
    {LateStage, "vine-float-env", Growing, onFunctions<reportFloatEnv>},
    {LateStage, "vine-dynamic-tls", Any, onFunctions<callDynamicTls>},
    {LateStage, "vine-magic", Growing, onFunctions<checkTypesOfCalls>},
    {LateStage, "vine-pin", Growing, onModule<warnOfSavedStackPointers>},
    {LateStage, "vine-pin", Growing, onFunctions<pinIfFrameIsNamed>},
    {LateStage, "vine-side-stack", Growing, onFunctions<moveLocals>},
    {LateStage, "vine-foreign-calls", Growing, onFunctions<routeCalls>},
    {LateStage, "vine-stack-failure", Growing, onModule<keepStackFailure>},
    {LateStage, "vine-thread-local", Any, onFunctions<lowerThreadLocals>},
    {LateStage, "vine-thread-local", Fixed, onFunctions<exemptThreadLocals>},

    // Polls look at the prologues of callees, so all calls must be final.
    {LateStage, "vine-loop-polls", Growing, onLoops},
    {LateStage, "vine-stack-check", Growing, onModule<checkStacks>},
    {LateStage, "vine-entry", Growing, onModule<defineAliases>},
    {LateStage, "vine-entry", Growing, onModule<referToAbi>},
    {LateStage, "vine-own-leaf", Growing, onModule<listLeaves>},
    {LateStage, "vine-magic", Growing, onModule<announceMagic>},
};

} // namespace

bool RewritePass::isName(StringRef Name) {
  return any_of(Rewrites, [&](const Rewrite &R) { return R.isMeantBy(Name); });
}

RewritePass::RewritePass(StringRef Name) : Name(Name) {
  assert(isName(Name) && "no stage or rewrite has this name");
}

PreservedAnalyses RewritePass::run(Module &M, ModuleAnalysisManager &AM) {
  printStatisticsAtExit();
  auto &FAM = AM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
  for (const Rewrite &R : Rewrites) {
    if (!R.isMeantBy(Name) || R.For == (FixedStacks ? Growing : Fixed))
      continue;
    R.Run(M, FAM);
    assert(!verifyModule(M, &errs()) && "a rewrite left invalid IR behind");
  }
  return PreservedAnalyses::none();
}

} // namespace vine
