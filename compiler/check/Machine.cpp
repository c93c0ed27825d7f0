// SPDX-License-Identifier: MIT
//
// LLVM's tables of x86-64 behind the questions of Machine.h.
#include "Machine.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

#if LLVM_VERSION_MAJOR <= 16
#include "llvm/ADT/Triple.h"
#else
#include "llvm/TargetParser/Triple.h"
#endif

using namespace llvm;

namespace vine {

#if LLVM_VERSION_MAJOR <= 21
using TripleArgument = std::string;
#else
using TripleArgument = Triple;
#endif

struct Machine::Tables {
  Triple TT{"x86_64-pc-linux-gnu"};
  MCTargetOptions Options;
  std::unique_ptr<const MCRegisterInfo> Registers;
  std::unique_ptr<const MCAsmInfo> Syntax;
  std::unique_ptr<const MCSubtargetInfo> Subtarget;
  std::unique_ptr<const MCInstrInfo> Instructions;
  std::unique_ptr<MCContext> Context;
  std::unique_ptr<const MCDisassembler> Disassembler;
  std::unique_ptr<const MCInstrAnalysis> Analysis;
  std::unique_ptr<MCInstPrinter> Printer;

  const MCInstrDesc &of(const Instruction &I) const {
    return Instructions->get(I.Inst.getOpcode());
  }
};

Machine::Machine() : T(std::make_unique<Tables>()) {
  InitializeAllTargetInfos();
  InitializeAllTargetMCs();
  InitializeAllDisassemblers();
  std::string Error;
  TripleArgument Name(T->TT.str());
  const llvm::Target *The = TargetRegistry::lookupTarget(Name, Error);
  if (!The)
    report_fatal_error(Twine(Error));
  T->Registers.reset(The->createMCRegInfo(Name));
  T->Syntax.reset(The->createMCAsmInfo(*T->Registers, Name, T->Options));
  T->Subtarget.reset(The->createMCSubtargetInfo(Name, "", ""));
  T->Instructions.reset(The->createMCInstrInfo());
  T->Context = std::make_unique<MCContext>(
      T->TT, T->Syntax.get(), T->Registers.get(), T->Subtarget.get());
  T->Disassembler.reset(The->createMCDisassembler(*T->Subtarget, *T->Context));
  T->Analysis.reset(The->createMCInstrAnalysis(T->Instructions.get()));
  T->Printer.reset(The->createMCInstPrinter(
      T->TT, /*SyntaxVariant=*/0, *T->Syntax, *T->Instructions, *T->Registers));
  RSP = find("RSP"), RBP = find("RBP"), FS = find("FS");
  R10 = find("R10"), R11 = find("R11");
}

Machine::~Machine() = default;

Reg Machine::find(StringRef Name) const {
  for (unsigned R = 1; R < T->Registers->getNumRegs(); ++R)
    if (Name == T->Registers->getName(R))
      return R;
  report_fatal_error("no such register");
}

Reg Machine::widest(unsigned R) const {
  unsigned Widest = R;
  if (R)
    for (MCPhysReg Super : T->Registers->superregs(R))
      Widest = Super;
  return Widest;
}

std::optional<Instruction> Machine::decode(ArrayRef<uint8_t> Code,
                                           uint64_t Address) const {
  Instruction I;
  uint64_t Size;
  if (T->Disassembler->getInstruction(I.Inst, Size, Code, Address, nulls()) !=
      MCDisassembler::Success)
    return std::nullopt;
  I.Address = Address;
  I.Size = Size;
  I.Name = T->Instructions->getName(I.Inst.getOpcode());
  return I;
}

std::string Machine::print(const Instruction &I) const {
  std::string Text;
  raw_string_ostream OS(Text);
  T->Printer->printInst(&I.Inst, I.Address, "", *T->Subtarget, OS);
  OS.flush();
  for (char &C : Text)
    if (C == '\t')
      C = ' ';
  return StringRef(Text).trim().str();
}

bool Machine::isCall(const Instruction &I) const { return T->of(I).isCall(); }
bool Machine::isReturn(const Instruction &I) const {
  return T->of(I).isReturn();
}
bool Machine::isBranch(const Instruction &I) const {
  return T->of(I).isBranch();
}
bool Machine::isIndirectBranch(const Instruction &I) const {
  return T->of(I).isIndirectBranch();
}
bool Machine::isBarrier(const Instruction &I) const {
  return T->of(I).isBarrier() || isReturn(I) || I.Name == "TRAP" ||
         I.Name == "HLT";
}
bool Machine::mayLoad(const Instruction &I) const { return T->of(I).mayLoad(); }
bool Machine::mayStore(const Instruction &I) const {
  return T->of(I).mayStore();
}

std::optional<uint64_t> Machine::target(const Instruction &I) const {
  uint64_t To;
  if (T->Analysis->evaluateBranch(I.Inst, I.Address, I.Size, To))
    return To;
  return std::nullopt;
}

// The first of five operands that make an address, or -1. lea's isn't marked.
int Machine::addressOperand(const Instruction &I) const {
  const MCInstrDesc &D = T->of(I);
  if (I.Name.starts_with("LEA"))
    return I.Inst.getNumOperands() == 6 ? 1 : -1;
  for (unsigned N = 0; N < D.getNumOperands(); ++N)
    if (D.operands()[N].OperandType == MCOI::OPERAND_MEMORY)
      return N + 4 < I.Inst.getNumOperands() ? int(N) : -1;
  return -1;
}

std::optional<MemoryOperand> Machine::memory(const Instruction &I) const {
  int N = addressOperand(I);
  if (N < 0 || !I.Inst.getOperand(N).isReg() ||
      !I.Inst.getOperand(N + 3).isImm())
    return std::nullopt;
  auto RegOf = [&](int K) { return widest(I.Inst.getOperand(N + K).getReg()); };
  return MemoryOperand{RegOf(0), RegOf(2), RegOf(4),
                       I.Inst.getOperand(N + 3).getImm()};
}

// xor %eax, %eax and the like read nothing.
static bool isZeroing(const Instruction &I) {
  bool IsKind = false;
  for (StringRef Kind : {"XOR", "SUB", "SBB", "PXOR", "VPXOR", "VXORP",
                         "PCMPEQ", "VPCMPEQ", "PANDN"})
    IsKind |= I.Name.starts_with(Kind);
  unsigned N = I.Inst.getNumOperands();
  return IsKind && N >= 2 && I.Inst.getOperand(N - 1).isReg() &&
         I.Inst.getOperand(N - 2).isReg() &&
         I.Inst.getOperand(N - 1).getReg() == I.Inst.getOperand(N - 2).getReg();
}

SmallVector<Reg, 4> Machine::valueUses(const Instruction &I) const {
  SmallVector<Reg, 4> Found;
  if (isZeroing(I))
    return Found;
  int Address = addressOperand(I);
  for (int N = T->of(I).getNumDefs(); N < int(I.Inst.getNumOperands()); ++N) {
    bool IsAddress = Address >= 0 && N >= Address && N < Address + 5;
    const MCOperand &O = I.Inst.getOperand(N);
    if (!IsAddress && O.isReg() && O.getReg())
      Found.push_back(widest(O.getReg()));
  }
  return Found;
}

SmallVector<Reg, 8> Machine::uses(const Instruction &I) const {
  SmallVector<Reg, 4> Values = valueUses(I);
  SmallVector<Reg, 8> Found(Values.begin(), Values.end());
  if (auto M = memory(I))
    for (Reg R : {M->Base, M->Index})
      if (R)
        Found.push_back(R);
  if (!isCall(I))
    for (MCPhysReg R : T->of(I).implicit_uses())
      Found.push_back(widest(R));
  return Found;
}

SmallVector<Reg, 4> Machine::defs(const Instruction &I) const {
  SmallVector<Reg, 4> Found;
  for (unsigned N = 0; N < T->of(I).getNumDefs(); ++N)
    if (I.Inst.getOperand(N).isReg())
      Found.push_back(widest(I.Inst.getOperand(N).getReg()));
  for (MCPhysReg R : T->of(I).implicit_defs())
    Found.push_back(widest(R));
  return Found;
}

bool Machine::isCalleeSaved(Reg R) const {
  StringRef Name = T->Registers->getName(R);
  return Name == "RBX" || Name == "R12" || Name == "R13" || Name == "R14" ||
         Name == "R15";
}

} // namespace vine
