// SPDX-License-Identifier: MIT
//
// How it works. One data flow forward over the function's instructions, of
//
//     - where the stack pointer and the frame pointer are, as distances from
//       the stack pointer at entry;
//     - what the stack check has ensured: bytes below that, or nothing yet;
//     - which registers and slots of the frame hold an address of the frame:
//       fresh, or stale once a call may have moved the stack.
//
// What is then seen at an instruction:
//
//     - a call on a path without a check, or of something that is neither ours,
//       the runtime's, nor a leaf;
//     - more stack used than is ensured: VINE_STACK_BUDGET bytes are free below
//       the guard, of which the callee's return address and an unchecked
//       callee take their part;
//     - a stale address used, a fresh one stored outside of the frame.
//
// Where a jump through a table goes isn't known: to all that no other jump
// reaches. Nor is it known which calls don't return: one after which the stack
// pointer would be elsewhere than the other ways there say.
//
// Not proved: what memory functions copy, what is passed in registers, and for
// functions that are pinned no more than their use of the stack.
#include "Verifier.h"

#include "Callees.h"

#include "../../abi/vine_abi.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

using namespace llvm;

namespace vine {

namespace {

// Bytes of an unchecked function, and what a checked one has beyond the check.
constexpr int64_t SmallFrame = 255, CallBytes = 8;
constexpr int64_t UncheckedFrame = VINE_STACK_BUDGET - SmallFrame - CallBytes;

// An address of the frame.
struct Address {
  bool IsStale = false;
  std::optional<int64_t> Offset; // from the stack pointer at entry

  bool operator==(const Address &O) const {
    return IsStale == O.IsStale && Offset == O.Offset;
  }
};

struct State {
  std::optional<int64_t> SP = 0, FP;
  std::optional<int64_t> Ensured, Compared, Asked;
  std::map<Reg, Address> Registers;
  std::map<int64_t, bool> Slots; // of the frame; true: stale
  bool FreshAnywhere = false, StaleAnywhere = false; // in some slot

  bool operator==(const State &O) const {
    return std::tie(SP, FP, Ensured, Compared, Asked, Registers, Slots,
                    FreshAnywhere, StaleAnywhere) ==
           std::tie(O.SP, O.FP, O.Ensured, O.Compared, O.Asked, O.Registers,
                    O.Slots, O.FreshAnywhere, O.StaleAnywhere);
  }
};

// What holds on both ways to one place.
std::optional<int64_t> same(std::optional<int64_t> A,
                            std::optional<int64_t> B) {
  return A == B ? A : std::nullopt;
}

State join(State A, const State &B) {
  A.SP = same(A.SP, B.SP);
  A.FP = same(A.FP, B.FP);
  A.Compared = same(A.Compared, B.Compared);
  A.Asked = same(A.Asked, B.Asked);
  A.Ensured = A.Ensured && B.Ensured
                  ? std::optional(std::min(*A.Ensured, *B.Ensured))
                  : std::nullopt;
  for (auto [R, V] : B.Registers) {
    auto [Old, IsNew] = A.Registers.insert({R, V});
    if (!IsNew)
      Old->second = {Old->second.IsStale || V.IsStale,
                     same(Old->second.Offset, V.Offset)};
  }
  for (auto [S, IsStale] : B.Slots)
    A.Slots[S] |= IsStale;
  A.FreshAnywhere |= B.FreshAnywhere;
  A.StaleAnywhere |= B.StaleAnywhere;
  return A;
}

class Analysis {
public:
  Analysis(const Routine &R, const ObjectCode &Object, const Machine &M)
      : R(R), Object(Object), M(M) {}
  Verdict run();

private:
  const Routine &R;
  const ObjectCode &Object;
  const Machine &M;
  std::vector<Instruction> Code;
  std::map<uint64_t, unsigned> IndexOf; // by address
  std::vector<std::optional<State>> Before;
  std::vector<unsigned> Orphans; // no jump names them, nor does code go there
  std::set<unsigned> Work, AfterCalls;
  std::set<unsigned> Targets; // of jumps
  bool IsPinned = false, Moves = false, IsReporting = false;
  bool IsTooDeep = false; // and that was reported
  Verdict Result;

  void report(const Instruction &I, const Twine &What);
  void unclear(const Instruction &I, const Twine &What);

  bool decode();
  void look();
  void findOrphans();
  void solve();
  void flow(unsigned From);
  void enter(unsigned To, const State &S);
  void enterAfterCall(unsigned To);

  std::optional<Named> named(const Instruction &I) const;
  std::optional<Named> heldBy(Reg Pointer) const;
  std::optional<Named> callee(const Instruction &I) const;
  std::optional<unsigned> targetIn(const Instruction &I) const;
  bool leaves(const Instruction &I) const;

  void step(const Instruction &I, State &S);
  void stepCall(const Instruction &I, State &S);
  void stepCheck(const Instruction &I, State &S);
  bool stepPointers(const Instruction &I, State &S);
  void stepValues(const Instruction &I, State &S);
  void stepStore(const Instruction &I, State &S, bool IsFresh);
  bool load(const Instruction &I, const State &S);
  void checkDepth(const Instruction &I, const State &S);
  void checkUses(const Instruction &I, const State &S);
  void checkLeaving(const Instruction &I, const State &S);

  bool isPointer(Reg Any) const { return Any == M.RSP || Any == M.RBP; }
  std::optional<Address> valueOf(Reg Any, const State &S) const;
  std::optional<Address> addressed(const MemoryOperand &A,
                                   const State &S) const;
};

} // namespace

void Analysis::report(const Instruction &I, const Twine &What) {
  if (IsReporting)
    Result.Violations.push_back(
        {I.Address - R.Address, (What + ": " + M.print(I)).str()});
}

void Analysis::unclear(const Instruction &I, const Twine &What) {
  if (IsReporting && Result.Unclear.empty())
    Result.Unclear = (What + ": " + M.print(I)).str();
}

// --- instructions, and where they lead ---

bool Analysis::decode() {
  for (uint64_t At = 0; At < R.Size;) {
    auto I = M.decode(R.Code.drop_front(At), R.Address + At);
    if (!I) {
      Result.Unclear = "bytes that are no instruction";
      return false;
    }
    IndexOf[I->Address] = Code.size();
    Code.push_back(*I);
    At += I->Size;
  }
  return true;
}

std::optional<Named> Analysis::named(const Instruction &I) const {
  return Object.reference(R.Section, I.Address, I.end());
}

// With -fno-plt and -mcmodel=large functions are called through registers: what
// the only instruction names that sets this one, if that is so.
std::optional<Named> Analysis::heldBy(Reg Pointer) const {
  std::optional<Named> Found;
  for (const Instruction &I : Code) {
    if (I.Name.starts_with("POP") || M.isCall(I) ||
        !is_contained(M.defs(I), Pointer))
      continue;
    if (Found || !named(I))
      return std::nullopt;
    Found = named(I);
  }
  return Found;
}

std::optional<Named> Analysis::callee(const Instruction &I) const {
  if (auto Target = named(I))
    return Target;
  if (auto To = M.target(I)) {
    const Routine *Here = Object.routineAt(R.Section, *To);
    return Named{Here ? StringRef(Here->Name) : "", Here};
  }
  SmallVector<Reg, 4> Uses = M.valueUses(I);
  return Uses.size() == 1 ? heldBy(Uses.front()) : std::nullopt;
}

std::optional<unsigned> Analysis::targetIn(const Instruction &I) const {
  if (named(I) || M.isCall(I))
    return std::nullopt;
  auto To = M.target(I);
  auto Found = To ? IndexOf.find(*To) : IndexOf.end();
  return Found == IndexOf.end() ? std::nullopt : std::optional(Found->second);
}

// True of a jump out of the function.
bool Analysis::leaves(const Instruction &I) const {
  if (!M.isBranch(I) || M.isCall(I) || targetIn(I))
    return false;
  return !M.isIndirectBranch(I) || named(I);
}

// What must be known before: whether anything may move the stack, or not.
void Analysis::look() {
  for (const Instruction &I : Code) {
    if (!M.isCall(I))
      continue;
    auto Target = callee(I);
    if (Target && Target->Symbol == "__vine_pin")
      IsPinned = true;
    Moves |= !Target || (classify(*Target) != Callee::Stays &&
                         Target->Symbol != "__morestack");
  }
}

void Analysis::findOrphans() {
  for (const Instruction &I : Code)
    if (auto To = targetIn(I))
      Targets.insert(*To);
  for (unsigned N = 1; N < Code.size(); ++N)
    if (!Targets.count(N) && M.isBarrier(Code[N - 1]) &&
        !Code[N].Name.starts_with("NOOP"))
      Orphans.push_back(N);
}

void Analysis::enter(unsigned To, const State &S) {
  if (To >= Code.size())
    return;
  State New = Before[To] ? join(*Before[To], S) : S;
  if (Before[To] && New == *Before[To])
    return;
  Before[To] = New;
  Work.insert(To);
}

void Analysis::flow(unsigned From) {
  const Instruction &I = Code[From];
  State S = *Before[From];
  step(I, S);
  if (auto To = targetIn(I))
    enter(*To, S);
  if (M.isIndirectBranch(I) && !leaves(I))
    for (unsigned To : Orphans)
      enter(To, S);
  if (M.isBarrier(I))
    return;
  if (M.isCall(I) && Targets.count(From + 1)) {
    AfterCalls.insert(From + 1);
    return;
  }
  if (S.Compared && (I.Name == "JCC_1" || I.Name == "JCC_4"))
    S.Ensured = std::max(S.Ensured.value_or(0), *S.Compared);
  enter(From + 1, S);
}

// Behind a call of a function that never returns may stand something else: the
// other ways there say so, if the stack pointer isn't where it was.
void Analysis::enterAfterCall(unsigned To) {
  State S = *Before[To - 1];
  step(Code[To - 1], S);
  bool IsElsewhere =
      Before[To] && (Before[To]->SP != S.SP || Before[To]->FP != S.FP);
  if (!IsElsewhere)
    enter(To, S);
}

static unsigned takeFirst(std::set<unsigned> &From) {
  unsigned First = *From.begin();
  From.erase(From.begin());
  return First;
}

void Analysis::solve() {
  enter(0, State());
  while (!Work.empty() || !AfterCalls.empty())
    if (!Work.empty())
      flow(takeFirst(Work));
    else
      enterAfterCall(takeFirst(AfterCalls));
}

// --- values ---

std::optional<Address> Analysis::valueOf(Reg Any, const State &S) const {
  if (Any == M.RSP)
    return Address{false, S.SP};
  if (Any == M.RBP)
    return S.FP ? std::optional(Address{false, S.FP}) : std::nullopt;
  auto I = S.Registers.find(Any);
  return I == S.Registers.end() ? std::nullopt : std::optional(I->second);
}

// The address of an operand in memory, if that is in the frame.
std::optional<Address> Analysis::addressed(const MemoryOperand &A,
                                           const State &S) const {
  auto Base = valueOf(A.Base, S), Index = valueOf(A.Index, S);
  if (A.Segment || (!Base && !Index))
    return std::nullopt;
  if (!Base || A.Index || !Base->Offset)
    return Address{false, std::nullopt};
  return Address{false, *Base->Offset + A.Displacement};
}

bool Analysis::load(const Instruction &I, const State &S) {
  auto A = M.memory(I);
  auto At = A ? addressed(*A, S) : std::nullopt;
  if (!M.mayLoad(I) || !At)
    return false;
  bool Fresh = S.FreshAnywhere, Stale = S.StaleAnywhere;
  for (auto [Slot, IsStale] : S.Slots)
    if (At->Offset && Slot <= *At->Offset && *At->Offset < Slot + 8)
      (IsStale ? Stale : Fresh) = true;
  if (Stale && !IsPinned)
    report(I, "the frame holds an address of itself from before a call");
  return Fresh;
}

void Analysis::stepStore(const Instruction &I, State &S, bool IsFresh) {
  auto A = M.memory(I);
  auto At = A ? addressed(*A, S) : std::nullopt;
  if (!IsFresh) {
    if (At && At->Offset && I.Name == "MOV64mr")
      S.Slots.erase(*At->Offset);
    return;
  }
  if (At && At->Offset)
    S.Slots[*At->Offset] = false;
  else if (At || !A)
    S.FreshAnywhere = true;
  else if (Moves && !IsPinned)
    report(I, "an address of the frame is stored outside of it");
}

void Analysis::checkUses(const Instruction &I, const State &S) {
  if (IsPinned)
    return;
  for (Reg Used : M.uses(I))
    if (auto V = valueOf(Used, S); V && V->IsStale)
      return report(I, "an address of the frame from before a call is used");
}

void Analysis::stepValues(const Instruction &I, State &S) {
  checkUses(I, S);
  bool IsFresh = false;
  std::optional<Address> Result;
  for (Reg Used : M.valueUses(I))
    IsFresh |= valueOf(Used, S).has_value();
  auto A = M.memory(I);
  if (I.Name == "LEA64r" && A)
    Result = addressed(*A, S);
  else if (I.Name == "MOV64rr")
    Result = valueOf(M.valueUses(I).front(), S);
  if (M.mayStore(I))
    stepStore(I, S, IsFresh);
  if (load(I, S) || (IsFresh && !Result))
    Result = Address();
  for (Reg Defined : M.defs(I)) {
    S.Registers.erase(Defined);
    if (Result && !isPointer(Defined) &&
        (M.isCalleeSaved(Defined) || Defined == M.R11 || !M.mayLoad(I)))
      S.Registers[Defined] = *Result;
  }
}

// --- the stack ---

// True if I is about the two pointers and no value.
bool Analysis::stepPointers(const Instruction &I, State &S) {
  auto Is = [&](StringRef Name) { return I.Name.starts_with(Name); };
  SmallVector<Reg, 4> Defs = M.defs(I), Values = M.valueUses(I);
  if (Is("PUSH") && S.SP) {
    bool IsFresh = !Values.empty() && !isPointer(Values.front()) &&
                   valueOf(Values.front(), S);
    S.SP = *S.SP - 8;
    S.Slots.erase(*S.SP);
    if (IsFresh)
      S.Slots[*S.SP] = false;
    return true;
  }
  if (Is("POP") && S.SP) {
    for (Reg Defined : Defs)
      S.Registers.erase(Defined);
    if (is_contained(Defs, M.RBP))
      S.FP = std::nullopt;
    S.SP = *S.SP + 8;
    return true;
  }
  if (Is("LEAVE")) {
    S.SP = S.FP ? std::optional(*S.FP + 8) : std::nullopt;
    S.FP = std::nullopt;
    return true;
  }
  bool SetsSP = is_contained(Defs, M.RSP), SetsFP = is_contained(Defs, M.RBP);
  if (!SetsSP && !SetsFP)
    return false;
  unsigned Last = I.Inst.getNumOperands() - 1;
  bool HasImmediate = I.Inst.getOperand(Last).isImm();
  int64_t By = HasImmediate ? I.Inst.getOperand(Last).getImm() : 0;
  std::optional<int64_t> To;
  auto A = M.memory(I);
  if (I.Name == "MOV64rr" && valueOf(Values.front(), S))
    To = valueOf(Values.front(), S)->Offset;
  else if (I.Name == "LEA64r" && A && addressed(*A, S))
    To = addressed(*A, S)->Offset;
  else if (Is("ADD64ri") && SetsSP && S.SP)
    To = *S.SP + By;
  else if (Is("SUB64ri") && SetsSP && S.SP)
    To = *S.SP - By;
  else if (Is("AND64ri") && SetsSP && S.SP && By < 0)
    To = *S.SP + By + 8; // at most; both are multiples of 8
  if (SetsSP && !To)
    unclear(I, "the stack pointer is set to what isn't known");
  (SetsSP ? S.SP : S.FP) = To;
  return true;
}

// cmpq %fs:112, REGISTER; jbe; and what the runtime was asked for.
void Analysis::stepCheck(const Instruction &I, State &S) {
  auto A = M.memory(I);
  bool IsCheck = I.Name == "CMP64rm" && A && A->Segment == M.FS && !A->Base &&
                 !A->Index && A->Displacement == VINE_TCB_GUARD;
  if (!I.Name.starts_with("JCC"))
    S.Compared = std::nullopt;
  if (IsCheck)
    if (auto V = valueOf(M.valueUses(I).front(), S); V && V->Offset) {
      S.Compared = -*V->Offset;
      Result.HasCheck = true;
    }
  if (I.Name == "MOV32ri" && is_contained(M.defs(I), M.R10))
    S.Asked = I.Inst.getOperand(1).getImm();
}

void Analysis::checkDepth(const Instruction &I, const State &S) {
  std::optional<int64_t> Lowest = S.SP;
  auto A = M.memory(I);
  bool IsAccess = M.mayLoad(I) || M.mayStore(I);
  if (auto At = A && IsAccess ? addressed(*A, S) : std::nullopt)
    if (At->Offset && Lowest)
      Lowest = std::min(*Lowest, *At->Offset);
  if (!Lowest)
    return;
  int64_t Most = S.Ensured ? *S.Ensured + SmallFrame : UncheckedFrame;
  if (-*Lowest <= Most || IsTooDeep)
    return;
  IsTooDeep = IsReporting;
  report(I, "uses " + Twine(-*Lowest) + " bytes of stack where " + Twine(Most) +
                " are ensured");
}

void Analysis::stepCall(const Instruction &I, State &S) {
  checkUses(I, S);
  auto Target = callee(I);
  StringRef Name = Target ? Target->Symbol : "";
  if (Name == "__morestack") {
    S.Ensured = S.Asked;
    return;
  }
  Callee C = Target ? classify(*Target) : Callee::Unknown;
  if (C == Callee::Unknown && !IsPinned)
    report(I, Target ? "call of '" + Name +
                           "', which may need more stack than there is"
                     : Twine("call through a pointer, past the runtime"));
  if (!S.Ensured)
    report(I, "a call without a stack check before");
  bool KeepsAll = Name == "__vine_side_alloc" || Name == "__vine_poll";
  for (auto V = S.Registers.begin(); V != S.Registers.end();) {
    V->second.IsStale |= C != Callee::Stays;
    V = KeepsAll || M.isCalleeSaved(V->first) ? std::next(V)
                                              : S.Registers.erase(V);
  }
  if (C == Callee::Stays)
    return;
  for (auto &Slot : S.Slots)
    Slot.second = true;
  S.StaleAnywhere |= S.FreshAnywhere;
  S.FreshAnywhere = false;
}

void Analysis::checkLeaving(const Instruction &I, const State &S) {
  auto Target = callee(I);
  Callee C = Target ? classify(*Target) : Callee::Unknown;
  if (C == Callee::Unknown && !IsPinned)
    report(I, "jump to '" + (Target ? Target->Symbol : "") +
                  "', which may need more stack than there is");
}

void Analysis::step(const Instruction &I, State &S) {
  checkDepth(I, S);
  stepCheck(I, S);
  if (M.isCall(I) && !M.isBranch(I))
    return stepCall(I, S);
  if (leaves(I))
    return checkLeaving(I, S);
  if (!stepPointers(I, S))
    stepValues(I, S);
  else
    checkDepth(I, S);
}

Verdict Analysis::run() {
  if (!decode())
    return Result;
  Before.resize(Code.size());
  look();
  findOrphans();
  solve();
  IsReporting = true;
  for (unsigned N = 0; N < Code.size(); ++N)
    if (Before[N]) {
      State S = *Before[N];
      if (!S.SP)
        unclear(Code[N], "the ways here leave different amounts of stack");
      step(Code[N], S);
    }
  return Result;
}

Verdict verify(const Routine &R, const ObjectCode &Object, const Machine &M) {
  return Analysis(R, Object, M).run();
}

} // namespace vine
