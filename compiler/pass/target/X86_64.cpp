// SPDX-License-Identifier: MIT
//
// The check on x86-64:
//
//     cmpq  %fs:112, %rsp            # frames below 256 bytes
//     jbe   slow
//   or
//     leaq  -FRAME(%rsp), %r11
//     cmpq  %fs:112, %r11
//     jbe   slow
//   and at the function's end
//   slow:
//     movl  $FRAME, %r10d
//     movl  $ARGUMENTS, %r11d
//     callq __morestack
//     jmp   body
//
// At an entry %r11 is free, and %r10 too unless it is the nest parameter; then
// %rax, which is free in such functions, keeps it.
#include "Target.h"

#include "../Abi.h"

#include "llvm/CodeGen/MachineInstrBuilder.h"
#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"

using namespace llvm;

namespace vine {

namespace {

enum Op { Compare, Lea, MoveImm, Move, Branch, Call, Jump, NumOps };
constexpr StringLiteral OpNames[NumOps] = {"CMP64rm", "LEA64r", "MOV32ri",
                                           "MOV64rr", "JCC_1",  "CALL64pcrel32",
                                           "JMP_1"};

// The condition "below or equal", as the processor encodes it.
constexpr unsigned BelowOrEqual = 6;

constexpr unsigned CallBytes = 8;

// The same for all functions of a process.
struct Machine {
  unsigned Op[NumOps];
  MCRegister RSP, FS, RAX, R10, R10D, R11, R11D;

  explicit Machine(const MachineFunction &MF)
      : RSP(findRegister(MF, "RSP")), FS(findRegister(MF, "FS")),
        RAX(findRegister(MF, "RAX")), R10(findRegister(MF, "R10")),
        R10D(findRegister(MF, "R10D")), R11(findRegister(MF, "R11")),
        R11D(findRegister(MF, "R11D")) {
    findOpcodes(MF, OpNames, Op);
  }
};

class X86_64 final : public Target {
public:
  uint64_t largestSmallFrame() const override { return 255; }
  uint64_t largestUncheckedFrame() const override {
    return VINE_STACK_BUDGET - largestSmallFrame() - CallBytes;
  }
  void insertCheck(CheckBlocks Blocks, const StackNeed &Need) const override;
  std::optional<MemoryAddress> addressOf(const MachineInstr &MI) const override;
  bool isInAddress(const MachineInstr &MI, unsigned I) const override;
};

// Appends instructions to a block.
class Appender {
public:
  Appender(MachineBasicBlock &Block, const Machine &Is)
      : Block(Block), Is(Is),
        TII(*Block.getParent()->getSubtarget().getInstrInfo()) {}

  MachineInstrBuilder operator()(Op O) {
    return BuildMI(&Block, DebugLoc(), TII.get(Is.Op[O]))
        .setMIFlag(MachineInstr::FrameSetup);
  }
  MachineInstrBuilder operator()(Op O, MCRegister To) {
    return BuildMI(&Block, DebugLoc(), TII.get(Is.Op[O]), To)
        .setMIFlag(MachineInstr::FrameSetup);
  }

private:
  MachineBasicBlock &Block;
  const Machine &Is;
  const TargetInstrInfo &TII;
};

// A memory operand: base, scale, index, displacement, segment.
const MachineInstrBuilder &addMemory(const MachineInstrBuilder &MI,
                                     Register Base, int64_t Displacement,
                                     Register Segment) {
  return MI.addReg(Base)
      .addImm(1)
      .addReg(0)
      .addImm(Displacement)
      .addReg(Segment);
}

void fillCheck(const CheckBlocks &Blocks, uint64_t Frame, bool IsSmall,
               const Machine &Is) {
  Appender Add(Blocks.Check, Is);
  MCRegister Lowest = Is.RSP;
  if (!IsSmall) {
    Lowest = Is.R11;
    addMemory(Add(Lea, Lowest), Is.RSP, -int64_t(Frame), 0);
  }
  addMemory(Add(Compare).addReg(Lowest), 0, VINE_TCB_GUARD, Is.FS);
  Add(Branch).addMBB(&Blocks.Slow).addImm(BelowOrEqual);
}

void fillSlow(const CheckBlocks &Blocks, const StackNeed &Need,
              const Machine &Is) {
  Appender Add(Blocks.Slow, Is);
  bool HasNest = Blocks.Body.isLiveIn(Is.R10);
  assert(!(HasNest && Blocks.Body.isLiveIn(Is.RAX)) && "a variadic body");
  if (HasNest)
    Add(Move, Is.RAX).addReg(Is.R10);
  Add(MoveImm, Is.R10D).addImm(Need.FrameBytes);
  Add(MoveImm, Is.R11D).addImm(Need.ArgumentBytes);
  Add(Call).addExternalSymbol("__morestack");
  if (HasNest)
    Add(Move, Is.R10).addReg(Is.RAX);
  Add(Jump).addMBB(&Blocks.Body);
}

void X86_64::insertCheck(CheckBlocks Blocks, const StackNeed &Need) const {
  static const Machine Is(*Blocks.Check.getParent());
  fillCheck(Blocks, Need.FrameBytes, Need.FrameBytes <= largestSmallFrame(),
            Is);
  fillSlow(Blocks, Need, Is);
}

// Only lea's address isn't marked so.
bool X86_64::isInAddress(const MachineInstr &MI, unsigned I) const {
  ArrayRef<MCOperandInfo> Infos = MI.getDesc().operands();
  return I < Infos.size() && Infos[I].OperandType == MCOI::OPERAND_MEMORY;
}

std::optional<MemoryAddress> X86_64::addressOf(const MachineInstr &MI) const {
  for (unsigned I = 0; I < MI.getDesc().getNumOperands(); ++I) {
    if (!isInAddress(MI, I) || I + 4 >= MI.getNumOperands() ||
        !MI.getOperand(I).isReg())
      continue;
    MemoryAddress A = {MI.getOperand(I).getReg().asMCReg(),
                       MI.getOperand(I + 2).getReg().asMCReg(), std::nullopt};
    if (MI.getOperand(I + 3).isImm())
      A.Displacement = MI.getOperand(I + 3).getImm();
    return A;
  }
  return std::nullopt;
}

} // namespace

const Target &targetX86_64() {
  static const X86_64 The;
  return The;
}

} // namespace vine
