// SPDX-License-Identifier: MIT
//
// Lays out the objects that one function keeps on the side stack. Pure: knows
// sizes and alignments, nothing of IR.
#ifndef VINE_PASS_FRAMELAYOUT_H
#define VINE_PASS_FRAMELAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Alignment.h"

namespace vine {

struct FrameObject {
  uint64_t Size;
  llvm::Align Alignment;
  unsigned Rank = 0; // lies above all objects of a lower rank
};

struct FrameLayout {
  llvm::SmallVector<uint64_t, 8> Offsets; // of each object, from the base
  uint64_t Size = 0;                      // a multiple of VINE_SIDE_ALIGN
  llvm::Align Alignment;                  // of the base
};

// Conflict(i, j) says that objects i and j are alive at the same time; others
// may share bytes. Null: all are.
using Conflicts = llvm::function_ref<bool(unsigned, unsigned)>;
FrameLayout layoutFrame(llvm::ArrayRef<FrameObject> Objects,
                        Conflicts Conflict);

} // namespace vine

#endif
