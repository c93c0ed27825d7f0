// SPDX-License-Identifier: MIT
//
// Registers the two stages with clang's pass manager, the stack check with its
// code generator, and the names of stages and rewrites with opt's -passes=.
// Load with -fpass-plugin=vine-pass.so; also with -fplugin=vine-pass.so for
// the options (-vine-fixed of Pipeline.cpp, -vine-poll of LoopPolls.cpp) to be
// known to -mllvm.
#include "MachineHook.h"
#include "Pipeline.h"

#include "llvm/Passes/PassBuilder.h"
#if __has_include("llvm/Plugins/PassPlugin.h")
#include "llvm/Plugins/PassPlugin.h"
#else
#include "llvm/Passes/PassPlugin.h"
#endif

#include <memory>

using namespace llvm;

static void addLateStage(PassBuilder &PB) {
  if (!vine::finishesHere())
    return;
  PB.registerOptimizerLastEPCallback([](ModulePassManager &MPM, auto &&...) {
    MPM.addPass(vine::RewritePass(vine::LateStage));
  });
}

// A linker has no beginning of the pipeline, neither when it has merged all
// modules nor when it takes each for itself. IsCompiler: there was one.
static void registerForLinkers(PassBuilder &PB,
                               std::shared_ptr<bool> IsCompiler) {
  auto Add = [](StringRef Stage) {
    return [Stage](ModulePassManager &MPM, auto &&...) {
      MPM.addPass(vine::RewritePass(Stage));
    };
  };
  auto AddUnlessCompiler = [IsCompiler](StringRef Stage) {
    return [IsCompiler, Stage](ModulePassManager &MPM, auto &&...) {
      if (!*IsCompiler)
        MPM.addPass(vine::RewritePass(Stage));
    };
  };
  PB.registerFullLinkTimeOptimizationEarlyEPCallback(Add(vine::LinkStage));
  PB.registerFullLinkTimeOptimizationLastEPCallback(Add(vine::LateStage));
  PB.registerPipelineEarlySimplificationEPCallback(
      AddUnlessCompiler(vine::LinkStage));
  PB.registerOptimizerLastEPCallback(AddUnlessCompiler(vine::LateStage));
}

// clang registers its own last passes after the plugins': SanitizerCoverage,
// which inserts calls, and the sanitizers. The late stage must see the calls,
// so it is registered later still: when the pipeline's construction begins.
// Under a sanitizer, on fixed stacks, it comes before them.
static void registerCallbacks(PassBuilder &PB) {
  vine::hookCodeGenerator();
  auto IsCompiler = std::make_shared<bool>(vine::isForFixedStacks());
  registerForLinkers(PB, IsCompiler);
  PB.registerPipelineStartEPCallback(
      [&PB, IsCompiler](ModulePassManager &MPM, auto) {
        *IsCompiler = true;
        MPM.addPass(vine::RewritePass(vine::EarlyStage));
        if (!vine::isForFixedStacks())
          addLateStage(PB);
      });
  if (vine::isForFixedStacks())
    addLateStage(PB);
  PB.registerPipelineParsingCallback(
      [](StringRef Name, ModulePassManager &MPM,
         ArrayRef<PassBuilder::PipelineElement>) {
        if (!vine::RewritePass::isName(Name))
          return false;
        MPM.addPass(vine::RewritePass(Name));
        return true;
      });
}

extern "C" LLVM_ATTRIBUTE_WEAK
    __attribute__((visibility("default"))) PassPluginLibraryInfo
    llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "vine", "1", registerCallbacks};
}
