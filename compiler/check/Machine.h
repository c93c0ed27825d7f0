// SPDX-License-Identifier: MIT
//
// Machine code as LLVM's disassembler reads it: what vine-check asks of an
// instruction. x86-64's alone; it is given by names of opcodes, since the
// target's own headers aren't installed.
#ifndef VINE_CHECK_MACHINE_H
#define VINE_CHECK_MACHINE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCInst.h"

#include <memory>
#include <optional>
#include <string>

namespace vine {
using namespace llvm;

// A register by its widest name: eax and al are rax. 0 is none.
using Reg = unsigned;

// base + index * scale + displacement, in a segment.
struct MemoryOperand {
  Reg Base, Index, Segment;
  int64_t Displacement;
};

struct Instruction {
  uint64_t Address;
  unsigned Size;
  MCInst Inst;
  StringRef Name; // LLVM's, of the opcode: MOV64rr

  uint64_t end() const { return Address + Size; }
};

class Machine {
public:
  Machine();
  ~Machine();

  Reg RSP, RBP, R10, R11, FS;

  // The instruction at the front of Code; none if it is no instruction.
  std::optional<Instruction> decode(ArrayRef<uint8_t> Code,
                                    uint64_t Address) const;
  std::string print(const Instruction &I) const;

  bool isCall(const Instruction &I) const;
  bool isReturn(const Instruction &I) const;
  bool isBranch(const Instruction &I) const;
  bool isIndirectBranch(const Instruction &I) const;
  // Control never goes on behind it: a jump, a return, a trap.
  bool isBarrier(const Instruction &I) const;
  bool mayLoad(const Instruction &I) const;
  bool mayStore(const Instruction &I) const;
  // Where a direct branch or call goes, unless a relocation says.
  std::optional<uint64_t> target(const Instruction &I) const;

  // Its operand in memory, or the address that lea computes.
  std::optional<MemoryOperand> memory(const Instruction &I) const;
  // Registers whose values it reads, not counting those of an address.
  SmallVector<Reg, 4> valueUses(const Instruction &I) const;
  // All that it reads, those that it doesn't name included.
  SmallVector<Reg, 8> uses(const Instruction &I) const;
  SmallVector<Reg, 4> defs(const Instruction &I) const;
  bool isCalleeSaved(Reg R) const;

private:
  struct Tables; // LLVM's
  std::unique_ptr<Tables> T;
  Reg find(StringRef Name) const;
  Reg widest(unsigned R) const;
  int addressOperand(const Instruction &I) const;
};

} // namespace vine

#endif
