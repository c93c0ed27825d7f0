// SPDX-License-Identifier: MIT
//
// Which instruction set a function is compiled for, and names of instructions
// and registers.
#include "Target.h"

#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetRegisterInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

namespace vine {

const Target *targetOf(const MachineFunction &MF) {
  switch (MF.getTarget().getTargetTriple().getArch()) {
  case Triple::x86_64:
    return &targetX86_64();
  default:
    return nullptr;
  }
}

void findOpcodes(const MachineFunction &MF, ArrayRef<StringLiteral> Names,
                 MutableArrayRef<unsigned> Opcodes) {
  assert(Names.size() == Opcodes.size() && "a place for each");
  const TargetInstrInfo &TII = *MF.getSubtarget().getInstrInfo();
  size_t Found = 0;
  for (unsigned Opcode = 0; Opcode < TII.getNumOpcodes(); ++Opcode) {
    auto It = find(Names, TII.getName(Opcode));
    if (It == Names.end())
      continue;
    Opcodes[It - Names.begin()] = Opcode;
    ++Found;
  }
  if (Found != Names.size())
    report_fatal_error("vine: this LLVM has other names of instructions");
}

MCRegister findRegister(const MachineFunction &MF, StringRef Name) {
  const TargetRegisterInfo &TRI = *MF.getSubtarget().getRegisterInfo();
  for (unsigned Reg = 1; Reg < TRI.getNumRegs(); ++Reg)
    if (Name == TRI.getName(Reg))
      return Reg;
  report_fatal_error("vine: this LLVM has other names of registers");
}

} // namespace vine
