// SPDX-License-Identifier: MIT
//
// Which locals may stay in a frame that moves.
#ifndef VINE_PASS_ESCAPEANALYSIS_H
#define VINE_PASS_ESCAPEANALYSIS_H

#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

namespace vine {
using namespace llvm;

class EscapeAnalysis {
public:
  explicit EscapeAnalysis(const Function &F);

  // True if every use of the local keeps its address out of registers for
  // longer than one instruction.
  bool staysInFrame(const AllocaInst &AI) const;
  bool staysInFrame(const Argument &ByVal) const;

  // True if a copy of the byval argument in a local would stay in the frame.
  bool fitsInLocal(const Argument &ByVal) const;

  // Copies and fills of at most this many bytes are direct uses, because
  // SideStack.cpp expands them into loads and stores.
  static constexpr uint64_t MaxExpandedBytes = 64;

  // True if I is such a copy or fill.
  static bool isExpandable(const MemIntrinsic &I);

private:
  const DataLayout &DL;
  bool FrameMayMove;

  bool allUsesAreDirect(const Value &Local) const;
};

} // namespace vine

#endif
