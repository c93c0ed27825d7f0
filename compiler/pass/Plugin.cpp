// SPDX-License-Identifier: MIT
//
// Registers the two stages with clang's and opt's pass managers. Load with
// -fpass-plugin=vine-pass.so; also with -fplugin=vine-pass.so for the
// options of Pipeline.cpp to be known to -mllvm.
#include "Pipeline.h"

#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"

using namespace llvm;

static void registerCallbacks(PassBuilder &PB) {
  PB.registerPipelineStartEPCallback(
      [](ModulePassManager &MPM, auto) { MPM.addPass(vine::EarlyPass()); });
  PB.registerOptimizerLastEPCallback(
      [](ModulePassManager &MPM, auto) { MPM.addPass(vine::LatePass()); });
  PB.registerPipelineParsingCallback(
      [](StringRef Name, ModulePassManager &MPM,
         ArrayRef<PassBuilder::PipelineElement>) {
        if (Name == "vine-early")
          MPM.addPass(vine::EarlyPass());
        else if (Name == "vine-late")
          MPM.addPass(vine::LatePass());
        else
          return false;
        return true;
      });
}

extern "C" LLVM_ATTRIBUTE_WEAK
    __attribute__((visibility("default"))) PassPluginLibraryInfo
    llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "vine", "1", registerCallbacks};
}
