// SPDX-License-Identifier: MIT
//
// What an instruction set says of the stack check: all that MachineCheck.cpp
// doesn't know. A new one is a file here, and a line in targetOf.
#ifndef VINE_PASS_TARGET_TARGET_H
#define VINE_PASS_TARGET_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/CodeGen/MachineFunction.h"

#include <cstdint>
#include <optional>

namespace vine {
using namespace llvm;

// What a function needs of its stack.
struct StackNeed {
  uint64_t FrameBytes;    // below the return address
  uint64_t ArgumentBytes; // that its caller has put on the stack
};

// The check of one function. Check runs before the prologue. It goes on to
// Slow if there may not be room, else falls through to Body. Slow calls the
// runtime and jumps to Body. All three are empty of the check's instructions
// and linked as described.
struct CheckBlocks {
  MachineBasicBlock &Check, &Slow, &Body;
};

// The address of an instruction that reads or writes memory.
struct MemoryAddress {
  MCRegister Base, Index; // none: 0
  std::optional<int64_t> Displacement;
};

class Target {
public:
  virtual ~Target() = default;

  // The largest frame of which a check doesn't subtract the size. It comes out
  // of VINE_STACK_BUDGET, below the guard, and so does the frame of a function
  // without a check that is called by one with such a frame.
  virtual uint64_t largestSmallFrame() const = 0;
  virtual uint64_t largestUncheckedFrame() const = 0;

  // Fills Check and Slow, as abi/README.md section 1 says. The target's
  // unwind information needs nothing: at both the frame isn't there yet.
  virtual void insertCheck(CheckBlocks Blocks, const StackNeed &Need) const = 0;

  // Where MI reads or writes memory by its operands: none for calls, pushes and
  // instructions that only compute an address.
  virtual std::optional<MemoryAddress>
  addressOf(const MachineInstr &MI) const = 0;
  // True if operand I of MI is part of that address, no value.
  virtual bool isInAddress(const MachineInstr &MI, unsigned I) const = 0;
};

// Null: Vine doesn't know MF's instruction set.
const Target *targetOf(const MachineFunction &MF);

// The parts of LLVM that say "ADD64rr is opcode 433" are private to its
// targets; names are public. Finds the opcode of each of Names.
void findOpcodes(const MachineFunction &MF, ArrayRef<StringLiteral> Names,
                 MutableArrayRef<unsigned> Opcodes);
MCRegister findRegister(const MachineFunction &MF, StringRef Name);

// One for each file.
const Target &targetX86_64();

} // namespace vine

#endif
