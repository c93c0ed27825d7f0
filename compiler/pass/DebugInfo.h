// SPDX-License-Identifier: MIT
//
// Where the debugger finds a local that moved to the side stack.
#ifndef VINE_PASS_DEBUGINFO_H
#define VINE_PASS_DEBUGINFO_H

#include "llvm/IR/Instructions.h"

namespace vine {
using namespace llvm;

// The source's name of what Local holds, and where it is declared; or null.
struct SourceVariable {
  const DILocalVariable *Variable = nullptr;
  DebugLoc Declared;
};
SourceVariable variableOf(const Value &Local);

// Local is now at Base + Offset, from where Base is computed.
void describeAtBase(Value &Local, Instruction &Base, uint64_t Offset);

// Local is now at Offset from what Slot holds, in the whole function.
void describeBySlot(Value &Local, AllocaInst &Slot, uint64_t Offset);

} // namespace vine

#endif
