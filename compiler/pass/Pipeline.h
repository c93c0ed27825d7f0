// SPDX-License-Identifier: MIT
//
// The two stages of Vine's pass, as LLVM passes.
#ifndef VINE_PASS_PIPELINE_H
#define VINE_PASS_PIPELINE_H

#include "llvm/IR/PassManager.h"

namespace vine {

// Before the optimiser: hides from it what it must not keep across calls.
struct EarlyPass : llvm::PassInfoMixin<EarlyPass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &);
  static bool isRequired() { return true; } // at -O0 too
};

// After the optimiser: makes frames movable.
struct LatePass : llvm::PassInfoMixin<LatePass> {
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &AM);
  static bool isRequired() { return true; }
};

} // namespace vine

#endif
