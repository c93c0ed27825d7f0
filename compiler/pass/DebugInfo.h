// SPDX-License-Identifier: MIT
//
// Where the debugger finds a local that moved to the side stack.
#ifndef VINE_PASS_DEBUGINFO_H
#define VINE_PASS_DEBUGINFO_H

#include "llvm/IR/Instructions.h"

namespace vine {
using namespace llvm;

// Local is now at Base + Offset, from where Base is computed.
void describeAtBase(Value &Local, Instruction &Base, uint64_t Offset);

// Local is now at Offset from what Slot holds, in the whole function.
void describeBySlot(Value &Local, AllocaInst &Slot, uint64_t Offset);

} // namespace vine

#endif
