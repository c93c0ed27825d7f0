// SPDX-License-Identifier: MIT
//
// Inserts the stack check, once frames are laid out and their sizes known.
//
// A function goes without if it runs in what is free below every guard: real
// leaves, that call nothing in machine code and whose frame is small. What the
// IR says isn't enough to tell: the backend makes calls of operations, and
// instructions of calls. A function that a loop relies on for being preempted
// (LoopPolls.cpp) has its check all the same.
//
// The check stands in a block of its own before the entry, so what the entry
// begins with (endbr64, __fentry__, patchable space) goes before it. The call
// of the runtime stands at the function's end. The edges between the blocks
// are all that the code generator needs to find out the rest: which registers
// are live, and the CFI of the cold block.
#include "Abi.h"
#include "MachineHook.h"
#include "Remarks.h"
#include "Statistics.h"
#include "target/Target.h"

#include "llvm/CodeGen/MachineFrameInfo.h"
#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/CodeGen/TargetFrameLowering.h"
#include "llvm/CodeGen/TargetRegisterInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"

using namespace llvm;

VINE_STATISTIC(NumUnchecked, "Leaf functions without a stack check");

namespace vine {

// More than any stack has: INT32_MAX, the most that instructions can subtract.
static constexpr uint64_t FrameBytesMax = 0x7fffffff;

// The lowest byte of MF's objects, as a distance from the return address. In
// leaves they may lie below the stack pointer, in the red zone.
static uint64_t depthOfObjects(const MachineFunction &MF) {
  const MachineFrameInfo &MFI = MF.getFrameInfo();
  int64_t Base = MF.getSubtarget().getFrameLowering()->getOffsetOfLocalArea();
  int64_t Lowest = Base;
  for (int I = MFI.getObjectIndexBegin(); I < MFI.getObjectIndexEnd(); ++I)
    if (!MFI.isDeadObjectIndex(I) &&
        MFI.getStackID(I) == TargetStackID::Default)
      Lowest = std::min(Lowest, MFI.getObjectOffset(I));
  return Base - Lowest;
}

static uint64_t frameBytes(const MachineFunction &MF) {
  const MachineFrameInfo &MFI = MF.getFrameInfo();
  const TargetSubtargetInfo &ST = MF.getSubtarget();
  uint64_t Bytes = std::max(MFI.getStackSize(), depthOfObjects(MF));
  // Arguments of calls, where they aren't part of the frame.
  if (!ST.getFrameLowering()->hasReservedCallFrame(MF))
    Bytes += MFI.getMaxCallFrameSize();
  // The locals are padded to their alignment, and the stack pointer as well.
  if (ST.getRegisterInfo()->hasStackRealignment(MF))
    Bytes += 2 * MFI.getMaxAlign().value();
  return Bytes;
}

// Where the caller's arguments end, if the function has any there.
static uint64_t argumentBytes(const MachineFunction &MF) {
  const MachineFrameInfo &MFI = MF.getFrameInfo();
  int64_t End = 0;
  // Windows' convention has room for the four registers.
  if (MF.getFunction().getCallingConv() == CallingConv::Win64)
    End = 32;
  for (int I = MFI.getObjectIndexBegin(); I < 0; ++I)
    End = std::max(End, MFI.getObjectOffset(I) + MFI.getObjectSize(I));
  return alignTo(End, 8);
}

// Assembly that calls or pushes isn't seen by the code generator.
static bool usesStackInAsm(const MachineInstr &MI) {
  if (!MI.isInlineAsm())
    return false;
  StringRef Text = MI.getOperand(InlineAsm::MIOp_AsmString).getSymbolName();
  return Text.contains("call") || Text.contains("push");
}

static bool isLeaf(const MachineFunction &MF) {
  const MachineFrameInfo &MFI = MF.getFrameInfo();
  if (MFI.hasCalls() || MFI.adjustsStack() || MFI.hasVarSizedObjects())
    return false;
  for (const MachineBasicBlock &Block : MF)
    for (const MachineInstr &MI : Block)
      if (MI.isCall() || usesStackInAsm(MI))
        return false;
  return true;
}

// New blocks around the entry: see target/Target.h.
static CheckBlocks makeBlocks(MachineFunction &MF) {
  MachineBasicBlock &Body = MF.front();
  MachineBasicBlock &Check = *MF.CreateMachineBasicBlock();
  MachineBasicBlock &Slow = *MF.CreateMachineBasicBlock();
  MF.push_front(&Check);
  MF.push_back(&Slow);
  for (const auto &LiveIn : Body.liveins()) {
    Check.addLiveIn(LiveIn);
    Slow.addLiveIn(LiveIn);
  }
  BranchProbability Rarely(1, 1 << 20);
  Check.addSuccessor(&Body, Rarely.getCompl());
  Check.addSuccessor(&Slow, Rarely);
  Slow.addSuccessor(&Body, BranchProbability::getOne());
  MF.RenumberBlocks(); // LLVM's debug locations: block 0 is the entry
  return {Check, Slow, Body};
}

namespace {

class MachineCheck : public MachineFunctionPass {
public:
  static char ID;
  MachineCheck() : MachineFunctionPass(ID) {}
  bool runOnMachineFunction(MachineFunction &MF) override;
};

char MachineCheck::ID;

} // namespace

bool MachineCheck::runOnMachineFunction(MachineFunction &MF) {
  const Function &F = MF.getFunction();
  if (!F.hasFnAttribute(CheckAttr))
    return false;
  const Target *T = targetOf(MF);
  if (!T) {
    reportError(F, "vine: no stack check for this instruction set");
    return false;
  }
  verifyFrame(MF, *T);
  routeStackFailure(MF);
  StackNeed Need = {frameBytes(MF), argumentBytes(MF)};
  bool IsRelied = F.getFnAttribute(CheckAttr).getValueAsString() == CheckAlways;
  if (!IsRelied && Need.FrameBytes <= T->largestUncheckedFrame() &&
      isLeaf(MF)) {
    ++NumUnchecked;
    remarkOnFunction("FunctionUnchecked", F, nullptr, "unchecked",
                     "it calls nothing and needs little stack");
    return false;
  }
  if (Need.FrameBytes > FrameBytesMax) {
    reportError(F, "vine: its frame is too large for any stack");
    return false;
  }
  T->insertCheck(makeBlocks(MF), Need);
  return true;
}

MachineFunctionPass *createMachineCheck() { return new MachineCheck; }

} // namespace vine
