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

// Why a local can't stay in its frame; false if it can.
struct Escape {
  enum Reason {
    No,
    Size,     // not known before the allocation
    Argument, // byval: the backend keeps its address in a register
    Captured, // At: something else has its address from then on
    Indirect, // At: its address is in a register; Mover: the frame may move
    ManyUses, // so many that nobody knows whether one captures it
  };
  Reason Why = No;
  const Use *At = nullptr;
  const CallBase *Mover = nullptr;

  explicit operator bool() const { return Why != No; }
};

class EscapeAnalysis {
public:
  explicit EscapeAnalysis(const Function &F);

  // The first reason found. None: every use of the local keeps its address out
  // of registers for longer than one instruction.
  Escape whyLeaves(const AllocaInst &AI) const;
  Escape whyLeaves(const Argument &ByVal) const;

  // True if a copy of the byval argument in a local would stay in the frame.
  bool fitsInLocal(const Argument &ByVal) const;

  // Copies and fills of at most this many bytes are direct uses, because
  // SideStack.cpp expands them into loads and stores.
  static constexpr uint64_t MaxExpandedBytes = 64;

  // True if I is such a copy or fill.
  static bool isExpandable(const MemIntrinsic &I);

private:
  const DataLayout &DL;
  const CallBase *Mover; // the first call that may move the frame, or null

  Escape firstIndirectUse(const Value &Local) const;
};

} // namespace vine

#endif
