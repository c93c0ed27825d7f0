// SPDX-License-Identifier: MIT
//
// The words of the pass's remarks.
//
// A remark stands at the use that is the reason, where debug information knows
// its line. (clang makes lines, though not names of variables, whenever it is
// asked for remarks.) An analysis finds its reasons whether or not somebody
// wants to read them; only the text is made on demand.
#include "Remarks.h"

#include "Abi.h"
#include "DebugInfo.h"

using namespace llvm;

namespace vine {

static constexpr const char *PassName = "vine";

static bool isWanted(const Function &F) {
  return OptimizationRemarkEmitter::allowExtraAnalysis(F, PassName);
}

void remark(StringRef Name, const Function &F, DiagnosticLocation Where,
            function_ref<void(Remark &)> Fill) {
  if (!isWanted(F))
    return;
  assert(!F.isDeclaration() && "a remark on a function without code");
  OptimizationRemarkEmitter(&F).emit([&] {
    Remark R(PassName, Name, Where, &F.getEntryBlock());
    Fill(R);
    return R;
  });
}

void remarkOnFunction(StringRef Name, const Function &F, const Instruction *At,
                      StringRef What, StringRef Reason) {
  remark(Name, F, locationOf(F, At), [&](Remark &R) {
    R << "function '" << ore::NV("Function", linkerName(F)) << "' is " << What
      << ": " << ore::NV("Reason", Reason);
  });
}

static std::string nameOfCallee(const CallBase &CB) {
  if (const Function *Callee = calledFunction(CB))
    return ("'" + linkerName(*Callee) + "'").str();
  return "a function pointer";
}

static std::string describeCopy(const MemIntrinsic &MI) {
  auto *Length = dyn_cast<ConstantInt>(MI.getLength());
  if (!Length)
    return "it is copied or filled by a length that isn't constant";
  return "it is copied or filled by " + std::to_string(Length->getZExtValue()) +
         " bytes at once";
}

// The reason, if it is a call, and whether the call has the address then.
static std::pair<std::string, bool> describeCall(const CallBase &CB,
                                                 const Use &U) {
  if (CB.isInlineAsm())
    return {"inline assembly has its address in a register", false};
  if (auto *MI = dyn_cast<MemIntrinsic>(&CB))
    return {describeCopy(*MI), false};
  if (CB.isArgOperand(&U) && CB.isByValArgument(CB.getArgOperandNo(&U)))
    return {"it is passed by value, in memory", false};
  return {"its address is passed to " + nameOfCallee(CB), true};
}

static bool isAccess(const Instruction &I, const Use &U) {
  return isa<LoadInst>(I) ||
         (isa<StoreInst>(I) &&
          U.getOperandNo() == StoreInst::getPointerOperandIndex());
}

// What U does to a local, and whether something else has the address then.
static std::pair<std::string, bool> describeUse(const Use &U) {
  auto *I = dyn_cast<Instruction>(U.getUser());
  if (!I)
    return {"its address is part of a constant", false};
  if (auto *CB = dyn_cast<CallBase>(I))
    return describeCall(*CB, U);
  if (isAccess(*I, U)) {
    assert((I->isAtomic() || I->isVolatile()) && "a plain access is direct");
    return {I->isAtomic() ? "it is accessed atomically" : "it is volatile",
            false};
  }
  switch (I->getOpcode()) {
  case Instruction::Store:
    return {"its address is stored", true};
  case Instruction::Ret:
    return {"its address is returned", true};
  case Instruction::GetElementPtr:
    return {"its index isn't constant", false};
  case Instruction::PHI:
  case Instruction::Select:
    return {"its address is one of several to choose from", false};
  case Instruction::ICmp:
    return {"its address is compared", false};
  case Instruction::PtrToInt:
    return {"its address becomes an integer", false};
  case Instruction::AtomicCmpXchg:
  case Instruction::AtomicRMW:
    return {"it is accessed atomically", false};
  default:
    return {std::string("its address is used by ") + I->getOpcodeName(), false};
  }
}

// Why an address must not be in a register.
static std::string describeMover(const CallBase &Mover) {
  std::string Text = ", and calling " + nameOfCallee(Mover);
  if (const DebugLoc &Loc = Mover.getDebugLoc())
    Text += " in line " + std::to_string(Loc.getLine());
  return Text + " may move the stack";
}

static std::string describeReason(const Escape &E) {
  switch (E.Why) {
  case Escape::No:
    llvm_unreachable("a local that stays needs no reason to leave");
  case Escape::Size:
    return "its size isn't known before it is allocated";
  case Escape::ManyUses:
    return "its address has too many uses to follow";
  case Escape::Argument:
    assert(E.Mover && "where nothing moves, arguments may stay");
    return "it is an argument in memory, whose address the backend keeps" +
           describeMover(*E.Mover);
  case Escape::Captured:
    assert(E.At && "captured by what?");
    return describeUse(*E.At).first;
  case Escape::Indirect:
    assert(E.At && E.Mover && "a reason where the frame may move only");
    auto [Text, IsOut] = describeUse(*E.At);
    return IsOut ? Text : Text + describeMover(*E.Mover);
  }
  llvm_unreachable("not a reason");
}

void remarkOnMove(const Function &F, const Value &Local, uint64_t Bytes,
                  const Escape &E) {
  if (!isWanted(F))
    return;
  auto [Variable, Declared] = variableOf(Local);
  auto *At = E.At ? dyn_cast<Instruction>(E.At->getUser())
                  : dyn_cast<Instruction>(&Local);
  DiagnosticLocation Where = locationOf(F, At);
  if (Declared && !(At && At->getDebugLoc()))
    Where = DiagnosticLocation(Declared);
  StringRef Name = Variable ? Variable->getName() : Local.getName();
  remark("LocalMoved", F, Where, [&](Remark &R) {
    R << "local ";
    if (!Name.empty())
      R << "'" << ore::NV("Local", Name) << "' ";
    if (Bytes)
      R << "of " << ore::NV("Bytes", Bytes) << " bytes ";
    R << "leaves the frame: " << ore::NV("Reason", describeReason(E));
  });
}

} // namespace vine
