// SPDX-License-Identifier: MIT
//
// Vine's rewrites as LLVM passes: the two stages, or one rewrite alone.
#ifndef VINE_PASS_PIPELINE_H
#define VINE_PASS_PIPELINE_H

#include "llvm/IR/PassManager.h"

#include <string>

namespace vine {

// Before the optimiser: hides from it what it must not keep across calls.
inline constexpr llvm::StringLiteral EarlyStage = "vine-early";
// After the optimiser: makes frames movable.
inline constexpr llvm::StringLiteral LateStage = "vine-late";

// Before a linker optimises: keeps apart what is ours and what is foreign.
inline constexpr llvm::StringLiteral LinkStage = "vine-link";

// Runs all rewrites of a stage, or those of one name, such as
// "vine-side-stack".
// True under -vine-fixed.
bool isForFixedStacks();
// False under -vine-late=0: a later compilation has the late stage.
bool finishesHere();

class RewritePass : public llvm::PassInfoMixin<RewritePass> {
public:
  explicit RewritePass(llvm::StringRef Name);

  static bool isName(llvm::StringRef Name);
  static bool isRequired() { return true; } // at -O0 too

  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &AM);

private:
  std::string Name;
};

} // namespace vine

#endif
