// SPDX-License-Identifier: MIT
//
// Proves invariant I1 of the code that the backend made of a function: no
// address of its frame outlives a call that may move the stack, and whatever is
// called is known. The rewrites before see to that; what the backend does with
// their IR, keeping an address in a register or inventing a call, they can only
// guess. What the proof finds is an error; -mllvm -vine-verify=0 leaves it out.
//
// How it works. Data flow forward over registers and the frame's slots. A value
// is
//     fresh  computed from the stack pointer or the frame pointer,
//     stale  fresh when a call moved the stack,
// or neither. What is made of a fresh value is fresh. To read a stale one is
// the error, as is to pass a fresh one to such a call or to store it anywhere
// but in the frame. Dead values harm nobody. The frame pointer is never stale,
// since the runtime adjusts the chain, and neither is the stack pointer.
//
// Slots are told apart by their distance from one of these pointers. The
// backend's own, for what it spills, are addressed so and in no other way. What
// is stored or loaded by an index, or through a register, is one slot more.
//
// Most functions have no fresh value at all, since a local whose address is
// taken is on the side stack: they are read once. A function that is pinned
// isn't looked at, nor one without moving calls: there all is fresh.
//
// Not proved: what inline assembly does, and what memory functions copy. Nor is
// a function looked at that calls another through a register of which nobody
// knows what it holds, where the backend does so for names, too (-fno-plt,
// -mcmodel=large); nor any with -mspeculative-load-hardening, which carries a
// flag in the stack pointer and so computes from it what is no address.
#include "Abi.h"
#include "Compat.h"
#include "MachineHook.h"
#include "target/Target.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/CodeGen/MachineFrameInfo.h"
#include "llvm/CodeGen/TargetFrameLowering.h"
#include "llvm/CodeGen/TargetLowering.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/GlobalAlias.h"
#include "llvm/MC/MCSymbol.h"
#include "llvm/Target/TargetMachine.h"

#include <map>

using namespace llvm;

namespace vine {

namespace {

// --- what is called ---

enum class Callee { Unknown, Moves, Stays };

StringRef calleeName(const MachineOperand &MO) {
  StringRef Name;
  if (MO.isGlobal())
    Name = MO.getGlobal()->getName();
  else
    Name = MO.isSymbol() ? MO.getSymbolName() : MO.getMCSymbol()->getName();
  Name.consume_front("\01");
  return Name;
}

const MachineOperand *symbolIn(const MachineInstr &MI) {
  for (const MachineOperand &MO : MI.explicit_operands())
    if (MO.isGlobal() || MO.isSymbol() || MO.isMCSymbol())
      return &MO;
  return nullptr;
}

// What Reg holds at Call, if it is an address of a symbol. Looks for what set
// it before in the block, or else for the one instruction that ever does.
const MachineOperand *symbolHeld(MCRegister Reg, const MachineInstr &Call) {
  const TargetRegisterInfo *TRI =
      Call.getMF()->getSubtarget().getRegisterInfo();
  const MachineBasicBlock &Block = *Call.getParent();
  for (auto I = std::next(Call.getReverseIterator()); I != Block.rend(); ++I)
    if (I->modifiesRegister(Reg, TRI))
      return symbolIn(*I);
  const MachineInstr *Only = nullptr;
  for (const MachineBasicBlock &Other : *Call.getMF())
    for (const MachineInstr &MI : Other)
      if (!MI.getFlag(MachineInstr::FrameDestroy) && !MI.isCall() &&
          MI.modifiesRegister(Reg, TRI)) {
        if (Only)
          return nullptr;
        Only = &MI;
      }
  return Only ? symbolIn(*Only) : nullptr;
}

// With -fno-plt and -mcmodel=large functions are called through registers.
const MachineOperand *calleeOf(const MachineInstr &MI) {
  if (const MachineOperand *MO = symbolIn(MI))
    return MO;
  for (const MachineOperand &MO : MI.explicit_operands())
    if (MO.isReg() && MO.isUse() && MO.getReg())
      return symbolHeld(MO.getReg().asMCReg(), MI);
  return nullptr;
}

// A call that the backend inserts and that is routed after this: the end of the
// program. StackFailure.cpp.
bool isTolerated(StringRef Name) { return Name == "__stack_chk_fail"; }

Callee classify(const MachineOperand *MO) {
  if (!MO)
    return Callee::Unknown;
  StringRef Name = calleeName(*MO);
  // While these run the stack stays where it is (abi/README.md).
  if (Name == "__vine_side_alloc" || Name == "__vine_poll" ||
      isLeafName(Name) || isBackendHelper(Name) || isTolerated(Name))
    return Callee::Stays;
  if (Name.starts_with("__vine_"))
    return Callee::Moves;
  if (!MO->isGlobal())
    return Callee::Unknown;
  auto *F = dyn_cast<Function>(MO->getGlobal()->stripPointerCastsAndAliases());
  // Functions that return twice are called by their own names: Pin.cpp. Of
  // those that a linker put into another part of the program only the
  // attributes are here.
  bool IsKnown = F && (hasOurEntry(*F) || F->hasFnAttribute(CheckAttr) ||
                       F->hasFnAttribute(Attribute::Naked) ||
                       F->hasFnAttribute(Attribute::ReturnsTwice));
  return IsKnown ? Callee::Moves : Callee::Unknown;
}

// --- values ---

// A slot of the frame: the pointer that it is addressed by, and the distance.
using Slot = std::pair<unsigned, int64_t>;

struct Values {
  BitVector Fresh, Stale;                            // register units
  std::map<Slot, bool> Slots;                        // fresh ones; true: stale
  bool FreshAnywhere = false, StaleAnywhere = false; // in some slot

  // True if it changed.
  bool join(const Values &Other) {
    Values Old = *this;
    Fresh |= Other.Fresh;
    Stale |= Other.Stale;
    FreshAnywhere |= Other.FreshAnywhere;
    StaleAnywhere |= Other.StaleAnywhere;
    for (auto [S, IsStale] : Other.Slots)
      Slots[S] |= IsStale;
    return Old.Fresh != Fresh || Old.Stale != Stale || Old.Slots != Slots ||
           Old.FreshAnywhere != FreshAnywhere ||
           Old.StaleAnywhere != StaleAnywhere;
  }

  void move() {
    Stale |= Fresh;
    Fresh.reset();
    for (auto &S : Slots)
      S.second = true;
    StaleAnywhere |= FreshAnywhere;
    FreshAnywhere = false;
  }
};

class FrameVerifier {
public:
  FrameVerifier(MachineFunction &MF, const Target &T)
      : MF(MF), T(T), TRI(*MF.getSubtarget().getRegisterInfo()),
        SP(MF.getSubtarget()
               .getTargetLowering()
               ->getStackPointerRegisterToSaveRestore()) {
    if (MF.getSubtarget().getFrameLowering()->hasFP(MF))
      FP = TRI.getFrameRegister(MF);
  }

  void run();

private:
  MachineFunction &MF;
  const Target &T;
  const TargetRegisterInfo &TRI;
  MCRegister SP, FP;
  bool IsReporting = false;

  void report(const MachineInstr &MI, const Twine &What);

  bool isFramePointer(MCRegister Reg) const {
    return Reg && (Reg == SP || Reg == FP);
  }
  bool contains(const BitVector &Units, MCRegister Reg) const;
  void set(BitVector &Units, MCRegister Reg, bool To) const;
  bool isValueUse(const MachineInstr &MI, unsigned I) const;

  bool checkCalls();
  bool hasSource() const;
  bool makesAddress(const MachineInstr &MI) const;

  void step(const MachineInstr &MI, Values &V);
  void stepCall(const MachineInstr &MI, Values &V);
  void store(const MachineInstr &MI, Values &V, bool IsFresh);
  bool load(const MachineInstr &MI, Values &V);
  void define(const MachineInstr &MI, Values &V, bool IsFresh);
  std::optional<Slot> slotOf(const MemoryAddress &A) const;
  bool isInFrame(const MemoryAddress &A, const Values &V) const;
};

} // namespace

void FrameVerifier::report(const MachineInstr &MI, const Twine &What) {
  std::string Text;
  raw_string_ostream OS(Text);
  MI.print(OS, /*IsStandalone=*/true, /*SkipOpers=*/false,
           /*SkipDebugLoc=*/true, /*AddNewLine=*/false);
  StringRef Short = StringRef(OS.str()).split(", <regmask").first.trim();
  const Function &F = MF.getFunction();
  DiagnosticLocation Where(MI.getDebugLoc());
  if (!MI.getDebugLoc() && F.getSubprogram())
    Where = DiagnosticLocation(F.getSubprogram());
  F.getContext().diagnose(
      DiagnosticInfoUnsupported(F, "vine: " + What + ": " + Short, Where));
}

bool FrameVerifier::contains(const BitVector &Units, MCRegister Reg) const {
  return any_of(unitsOf(Reg, TRI),
                [&](unsigned Unit) { return Units.test(Unit); });
}

void FrameVerifier::set(BitVector &Units, MCRegister Reg, bool To) const {
  for (unsigned Unit : unitsOf(Reg, TRI))
    Units[Unit] = To;
}

// True for a register that is read, but not for an address. That push or call
// reads the stack pointer isn't said by an operand of the instruction's text.
bool FrameVerifier::isValueUse(const MachineInstr &MI, unsigned I) const {
  const MachineOperand &MO = MI.getOperand(I);
  if (!MO.isReg() || !MO.isUse() || MO.isUndef() || !MO.getReg() ||
      T.isInAddress(MI, I))
    return false;
  return !(MO.isImplicit() && isFramePointer(MO.getReg().asMCReg()));
}

// True if MI computes something from the stack or the frame pointer. Prologues
// may save the one and set the other.
bool FrameVerifier::makesAddress(const MachineInstr &MI) const {
  if (MI.isInlineAsm() || MI.isMetaInstruction() || MI.isCall())
    return false;
  bool Reads = false, Writes = false;
  for (unsigned I = 0; I < MI.getNumOperands(); ++I) {
    const MachineOperand &MO = MI.getOperand(I);
    if (!MO.isReg() || !MO.getReg())
      continue;
    bool IsPointer = isFramePointer(MO.getReg().asMCReg());
    Reads |= isValueUse(MI, I) && IsPointer;
    Writes |= MO.isDef() && !MO.isImplicit() && IsPointer;
  }
  bool Saves = MI.getFlag(MachineInstr::FrameSetup) && MI.mayStore();
  return Reads && !Writes && !Saves;
}

// Reports calls of what isn't known. True if some call may move the stack.
bool FrameVerifier::checkCalls() {
  bool Moves = false;
  bool MayHide = MF.getFunction().getParent()->getRtLibUseGOT() ||
                 MF.getTarget().getCodeModel() == CodeModel::Large;
  for (const MachineBasicBlock &Block : MF)
    for (const MachineInstr &MI : Block) {
      if (!MI.isCall())
        continue;
      const MachineOperand *MO = calleeOf(MI);
      if (MO && calleeName(*MO) == "__vine_pin")
        return false;
      if (!MO && MayHide)
        return false;
      Callee C = classify(MO);
      if (C == Callee::Unknown)
        report(MI, MO ? "call of '" + calleeName(*MO) +
                            "', which may need more stack than there is"
                      : Twine("call through a pointer, past the runtime"));
      Moves |= C != Callee::Stays && !MI.isReturn();
    }
  return Moves;
}

bool FrameVerifier::hasSource() const {
  for (const MachineBasicBlock &Block : MF)
    for (const MachineInstr &MI : Block)
      if (makesAddress(MI))
        return true;
  return false;
}

std::optional<Slot> FrameVerifier::slotOf(const MemoryAddress &A) const {
  if (!isFramePointer(A.Base) || A.Index || !A.Displacement)
    return std::nullopt;
  return Slot(A.Base, *A.Displacement);
}

bool FrameVerifier::isInFrame(const MemoryAddress &A, const Values &V) const {
  for (MCRegister Reg : {A.Base, A.Index})
    if (Reg && (isFramePointer(Reg) || contains(V.Fresh, Reg)))
      return true;
  return false;
}

static int64_t bytesOf(const MachineInstr &MI) {
  int64_t Bytes = 8;
  for (const MachineMemOperand *MMO : MI.memoperands())
    if (MMO->getMemoryType().isValid())
      Bytes = MMO->getMemoryType().getSizeInBytes();
  return Bytes;
}

// What MI reads from memory: true if that is fresh. Of a stale one it reports.
bool FrameVerifier::load(const MachineInstr &MI, Values &V) {
  auto A = T.addressOf(MI);
  if (!MI.mayLoad() || !A || !isInFrame(*A, V))
    return false;
  std::optional<Slot> S = slotOf(*A);
  bool Fresh = V.FreshAnywhere, Stale = V.StaleAnywhere;
  for (auto [Held, IsStale] : V.Slots)
    if (S && S->first == Held.first && S->second < Held.second + 8 &&
        Held.second < S->second + bytesOf(MI))
      (IsStale ? Stale : Fresh) = true;
  if (Stale && IsReporting)
    report(MI, "the frame holds an address of itself from before a call");
  return Fresh;
}

void FrameVerifier::store(const MachineInstr &MI, Values &V, bool IsFresh) {
  auto A = T.addressOf(MI);
  std::optional<Slot> S = A ? slotOf(*A) : std::nullopt;
  if (!IsFresh) {
    if (S && bytesOf(MI) >= 8)
      V.Slots.erase(*S);
    return;
  }
  if (S)
    V.Slots[*S] = false;
  else if (!A || isInFrame(*A, V))
    V.FreshAnywhere = true;
  else if (IsReporting)
    report(MI, "an address of the frame is stored outside of it");
}

void FrameVerifier::define(const MachineInstr &MI, Values &V, bool IsFresh) {
  for (const MachineOperand &MO : MI.operands()) {
    if (!MO.isReg() || !MO.isDef() || !MO.getReg() ||
        isFramePointer(MO.getReg().asMCReg()))
      continue;
    MCRegister Reg = MO.getReg().asMCReg();
    set(V.Stale, Reg, false);
    set(V.Fresh, Reg, IsFresh && TRI.isInAllocatableClass(Reg));
  }
}

void FrameVerifier::stepCall(const MachineInstr &MI, Values &V) {
  if (MI.isReturn())
    return; // the frame is gone
  bool Passes = false;
  for (const MachineOperand &MO : MI.operands())
    if (MO.isReg() && MO.isUse() && MO.getReg() && !MO.isUndef())
      Passes |= contains(V.Fresh, MO.getReg().asMCReg());
  bool Moves = classify(calleeOf(MI)) != Callee::Stays;
  if (Moves && Passes && IsReporting)
    report(MI, "an address of the frame is passed to a call");
  if (Moves)
    V.move();
  for (const MachineOperand &MO : MI.operands())
    if (MO.isRegMask())
      for (MCRegister Reg = 1; Reg < TRI.getNumRegs(); Reg = Reg + 1)
        if (MO.clobbersPhysReg(Reg)) {
          set(V.Fresh, Reg, false);
          set(V.Stale, Reg, false);
        }
  define(MI, V, Passes && !Moves);
}

void FrameVerifier::step(const MachineInstr &MI, Values &V) {
  if (MI.isMetaInstruction())
    return;
  bool IsFresh = makesAddress(MI), IsStored = IsFresh;
  for (unsigned I = 0; I < MI.getNumOperands(); ++I) {
    const MachineOperand &MO = MI.getOperand(I);
    if (!MO.isReg() || !MO.isUse() || MO.isUndef() || !MO.getReg())
      continue;
    MCRegister Reg = MO.getReg().asMCReg();
    if (contains(V.Stale, Reg) && IsReporting)
      report(MI, "an address of the frame from before a call is used");
    bool IsFreshUse = isValueUse(MI, I) && contains(V.Fresh, Reg);
    IsFresh |= IsFreshUse;
    // What isn't written in the instruction is an address: rep movs.
    IsStored |= IsFreshUse && !MO.isImplicit();
  }
  if (MI.isCall())
    return stepCall(MI, V);
  bool IsLoadFresh = load(MI, V);
  if (MI.mayStore())
    store(MI, V, IsStored);
  define(MI, V, IsFresh || IsLoadFresh);
}

void FrameVerifier::run() {
  if (!checkCalls() || !hasSource())
    return;
  Values Nothing;
  Nothing.Fresh.resize(TRI.getNumRegUnits());
  Nothing.Stale.resize(TRI.getNumRegUnits());
  std::map<const MachineBasicBlock *, Values> AtEntry;
  ReversePostOrderTraversal<MachineFunction *> Order(&MF);
  for (const MachineBasicBlock *Block : Order)
    AtEntry[Block] = Nothing;
  for (bool Changes = true; Changes;) {
    Changes = false;
    for (const MachineBasicBlock *Block : Order) {
      Values V = AtEntry[Block];
      for (const MachineInstr &MI : *Block)
        step(MI, V);
      for (const MachineBasicBlock *Next : Block->successors())
        Changes |= AtEntry[Next].join(V);
    }
  }
  IsReporting = true;
  for (const MachineBasicBlock *Block : Order) {
    Values V = AtEntry[Block];
    for (const MachineInstr &MI : *Block)
      step(MI, V);
  }
}

void verifyFrame(MachineFunction &MF, const Target &T) {
  if (isToVerify(MF.getFunction()) &&
      !MF.getFunction().hasFnAttribute(Attribute::SpeculativeLoadHardening))
    FrameVerifier(MF, T).run();
}

} // namespace vine
