// SPDX-License-Identifier: MIT
//
// The rewrites that make a function's stack frame movable: what Pipeline.cpp's
// table runs, in its order. Each lives in a file of its own, whose header tells
// what it changes and why; each leaves valid IR behind.
//
// The contract with the runtime is abi/README.md. In one paragraph: a frame
// may hold no address of itself, code that isn't ours runs on another stack,
// and nothing that belongs to the thread may be kept across a call.
#ifndef VINE_PASS_VINE_H
#define VINE_PASS_VINE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"

namespace llvm {
class TargetLibraryInfo;
class TargetTransformInfo;
} // namespace llvm

namespace vine {
using namespace llvm;

// Early: before any optimisation, so that none sees what it must not.
void markForeignFunctions(Module &M); // Foreignness.cpp; late too
// Go.cpp; for fixed stacks a goroutine starts in a trampoline.
void lowerGoStatements(Module &M, bool FixedStacks);
void forbidCachedLocations(Module &M); // ThreadLocal.cpp: errno and kin
void hideThreadLocals(Function &F);    // ThreadLocal.cpp
void hideCharTables(Function &F);      // CharTables.cpp: <ctype.h>
void leaveToLater(Module &M);          // LinkTime.cpp
// At link time, before any optimisation there.
void fenceForeign(Module &M); // LinkTime.cpp

// Late, on the module: these change signatures and symbols.
void announceMain(Module &M);       // Entry.cpp
void replaceSetjmp(Module &M);      // Setjmp.cpp
void replaceThreadState(Module &M); // ThreadState.cpp
void yieldOwnMalloc(Module &M);     // OwnMalloc.cpp
void splitOwnLeaves(Module &M);     // OwnLeaf.cpp
void makeWideReturnsExplicit(
    Module &M, function_ref<const TargetTransformInfo &(Function &)> TTI);
void splitVariadics(Module &M);           // Varargs.cpp
void warnOfSavedStackPointers(Module &M); // Pin.cpp

// Late, on each instrumented function.
void rejectConventions(Function &F);                         // Diagnostics.cpp
void rejectExceptions(Function &F);                          // Diagnostics.cpp
void insertHooks(Function &F, FunctionAnalysisManager &FAM); // Hooks.cpp
void callEmulatedTls(Function &F);                           // EmulatedTls.cpp
void callDynamicTls(Function &F);                            // DynamicTls.cpp
void showCharTables(Function &F);                            // CharTables.cpp
void makeLibCallsExplicit(Function &F);                      // LibCalls.cpp
void callTrapFunctions(Function &F);                         // Traps.cpp
void reportFloatEnv(Function &F);                            // FloatEnv.cpp
void checkTypesOfCalls(Function &F);                         // Magic.cpp: kcfi
void pinIfFrameIsNamed(Function &F);                         // Pin.cpp
void moveLocals(Function &F);                                // SideStack.cpp
void routeCalls(Function &F);                                // ForeignCalls.cpp
void lowerThreadLocals(Function &F);                         // ThreadLocal.cpp
void exemptThreadLocals(Function &F); // ThreadLocal.cpp: fixed stacks

// Late, once all calls are routed.
void keepStackFailure(Module &M); // StackFailure.cpp
void pollLoops(Module &M,
               function_ref<const TargetLibraryInfo &(Function &)> TLI);
void checkStacks(Module &M); // StackCheck.cpp

// Late, on the module: what other objects and the runtime look for.
void defineAliases(Module &M); // Entry.cpp
void referToAbi(Module &M);    // Entry.cpp
void listLeaves(Module &M);    // OwnLeaf.cpp
void announceMagic(Module &M); // Magic.cpp

} // namespace vine

#endif
