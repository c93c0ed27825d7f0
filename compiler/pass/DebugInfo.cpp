// SPDX-License-Identifier: MIT
//
// Where the debugger finds a local that moved to the side stack.
//
// At -O0 a declaration holds for the whole function, so its location must too:
// the base of the side objects gets a slot in the frame, and the local is
// "what the slot points to, plus its offset".
//
// Optimised, clang describes a local in memory by llvm.dbg.assign at each
// assignment, or by llvm.dbg.value of its address. All of those become one
// statement at the allocation: the local lives at base + offset from here on.
// It is true as long as the base is known, which the backend tracks.
#include "DebugInfo.h"

#include "Compat.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace vine {

namespace {

// A variable, or the fragment of one that a local holds.
struct Described {
  DILocalVariable *Variable;
  std::optional<DIExpression::FragmentInfo> Fragment;
  DILocation *Location;

  bool operator==(const Described &O) const {
    bool SameFragment =
        Fragment.has_value() == O.Fragment.has_value() &&
        (!Fragment || (Fragment->OffsetInBits == O.Fragment->OffsetInBits &&
                       Fragment->SizeInBits == O.Fragment->SizeInBits));
    return SameFragment && Variable == O.Variable &&
           Location->getInlinedAt() == O.Location->getInlinedAt();
  }
};

} // namespace

// Notes what User describes and removes it. User: an intrinsic or a record,
// as the version of LLVM has it.
template <typename T>
static void take(T &User, SmallVectorImpl<Described> &Out) {
  if (!User.getDebugLoc())
    return;
  auto Fragment = User.getExpression()->getFragmentInfo();
  Described D = {User.getVariable(), std::nullopt, User.getDebugLoc()};
  if (Fragment)
    D.Fragment = *Fragment;
  if (!is_contained(Out, D))
    Out.push_back(D);
  User.eraseFromParent();
}

static SmallVector<Described, 2> takeDescriptions(Value &Local) {
  SmallVector<Described, 2> Out;
  forEachDebugUser(Local, [&](auto &User) { take(User, Out); });
  return Out;
}

SourceVariable variableOf(const Value &Local) {
  SourceVariable First;
  forEachDebugUser(const_cast<Value &>(Local), [&](auto &User) {
    if (!First.Variable)
      First = {User.getVariable(), User.getDebugLoc()};
  });
  return First;
}

void describeAtBase(Value &Local, Instruction &Base, uint64_t Offset) {
  assert(Base.getType()->isPointerTy() && "debuggers want the address");
  DIBuilder DIB(*Base.getModule(), /*AllowUnresolved=*/false);
  for (const Described &D : takeDescriptions(Local)) {
    SmallVector<uint64_t, 4> Ops;
    DIExpression::appendOffset(Ops, Offset);
    Ops.push_back(dwarf::DW_OP_deref);
    DIExpression *Expr = DIExpression::get(Base.getContext(), Ops);
    if (D.Fragment) {
      auto Part = DIExpression::createFragmentExpression(
          Expr, D.Fragment->OffsetInBits, D.Fragment->SizeInBits);
      if (!Part)
        continue;
      Expr = *Part;
    }
    DIB.insertDbgValueIntrinsic(&Base, D.Variable, Expr, D.Location,
                                Base.getNextNode());
  }
}

void describeBySlot(Value &Local, AllocaInst &Slot, uint64_t Offset) {
  assert(&Local != &Slot && Slot.isStaticAlloca() && "one slot per function");
  DIBuilder DIB(*Slot.getModule(), /*AllowUnresolved=*/false);
  replaceDbgDeclare(&Local, &Local, DIB, DIExpression::ApplyOffset, Offset);
  replaceDbgDeclare(&Local, &Slot, DIB, DIExpression::DerefBefore, 0);
}

} // namespace vine
