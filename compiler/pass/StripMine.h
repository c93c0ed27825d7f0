// SPDX-License-Identifier: MIT
//
// Splits a loop that counts into strips: StripMine.cpp tells how.
#ifndef VINE_PASS_STRIPMINE_H
#define VINE_PASS_STRIPMINE_H

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Instructions.h"

#include <cstdint>
#include <optional>

namespace vine {
using namespace llvm;

// An innermost loop that ends at its latch and nowhere else, when a counter
// arrives at a bound.
struct CountedLoop {
  SmallVector<BasicBlock *, 4> Blocks;
  BasicBlock *Header, *Latch;
  PHINode *Phi;      // the counter at the beginning of an iteration
  ICmpInst *Compare; // the condition of the latch's branch
  unsigned BoundAt;  // which operand of Compare is the bound
  int64_t Step;      // of the counter, in bytes if it is a pointer
  bool MayWrap;      // it may begin at the bound, and then go all the way round
};

// How L is counted; nothing if it isn't, or can't be copied.
std::optional<CountedLoop> findCount(const Loop &L, ScalarEvolution &SE);

// Leaves to the loop what takes at most Iterations iterations, or one more. A
// copy of it does the rest, in strips of so many. Returns where, between two
// strips, a poll may be inserted.
Instruction *stripMine(const CountedLoop &C, uint64_t Iterations);

} // namespace vine

#endif
