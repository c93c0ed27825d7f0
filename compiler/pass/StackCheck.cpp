// SPDX-License-Identifier: MIT
//
// Gives an instrumented function its prologue check, its frame pointer and
// the magic word before its entry (abi/README.md section 1).
//
// The check itself is the backend's: its `split-stack` prologue compares %rsp
// with %fs:0x70 and calls __morestack. It already leaves the check out of
// functions without a frame. Small leaves go without it too: what they use
// comes out of VINE_STACK_BUDGET, below the guard. How much they use is only
// known after register allocation, so the test here is on the safe side: no
// calls, nothing that the backend expands into one, few values in flight.
#include "Abi.h"
#include "Remarks.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/IR/DataLayout.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

VINE_STATISTIC(NumInstrumented, "Functions instrumented");
VINE_STATISTIC(NumUnchecked, "Leaf functions without a stack check");

namespace vine {

// The most bytes of SSA values that an unchecked leaf may define. Those that
// find no register spilled (14 do), and all callee-saved registers pushed (56
// bytes), still fits between the guard and the end of the stack beside a caller
// of 255 bytes.
static constexpr uint64_t LeafValueBytesMax = 64 + 14 * 8;

// Inline assembly that clobbers registers may cause every live value to be
// spilled around it.
static bool clobbersRegisters(const InlineAsm &Asm) {
  return any_of(Asm.ParseConstraints(), [](const InlineAsm::ConstraintInfo &C) {
    StringRef Code = C.Codes.empty() ? "" : StringRef(C.Codes.front());
    bool IsRegister = Code != "{memory}" && Code != "{flags}" &&
                      Code != "{fpsr}" && Code != "{dirflag}" && Code != "{cc}";
    return C.Type == InlineAsm::isClobber && IsRegister;
  });
}

// True if the backend makes a library call of I, or may, or spills without end.
static bool mayBecomeCall(const Instruction &I) {
  auto IsOdd = [](const Type *Ty) {
    Ty = Ty->getScalarType();
    return Ty->isFP128Ty() || Ty->isHalfTy() || Ty->isBFloatTy() ||
           (Ty->isIntegerTy() && Ty->getIntegerBitWidth() > 64);
  };
  if (auto *CB = dyn_cast<CallBase>(&I)) {
    if (auto *Asm = dyn_cast<InlineAsm>(CB->getCalledOperand()))
      return clobbersRegisters(*Asm);
    auto *II = dyn_cast<IntrinsicInst>(CB);
    return !II || isa<AnyMemIntrinsic>(II) || II->getType()->isFPOrFPVectorTy();
  }
  if (IsOdd(I.getType()))
    return true;
  return any_of(I.operands(),
                [&](const Use &U) { return IsOdd(U->getType()); });
}

static uint64_t valueBytes(const Type *Ty, const DataLayout &DL) {
  if (!Ty->isSized())
    return 0;
  return alignTo(DL.getTypeAllocSize(const_cast<Type *>(Ty)).getFixedValue(),
                 8);
}

static bool isSmallLeaf(const Function &F) {
  const DataLayout &DL = F.getParent()->getDataLayout();
  uint64_t Locals = 0, Values = 0;
  for (const Argument &A : F.args())
    Values += valueBytes(A.getType(), DL);
  for (const Instruction &I : instructions(F)) {
    if (mayBecomeCall(I))
      return false;
    if (auto *AI = dyn_cast<AllocaInst>(&I)) {
      Locals += DL.getTypeAllocSize(AI->getAllocatedType()).getFixedValue();
      if (AI->isArrayAllocation() || Locals > VINE_LEAF_LOCALS_MAX)
        return false;
    } else if (!I.isDebugOrPseudoInst()) {
      Values += valueBytes(I.getType(), DL);
    }
    if (Values > LeafValueBytesMax)
      return false;
  }
  return true;
}

static void checkStack(Function &F) {
  assert(isInstrumented(F) && "the magic promises an instrumented function");
  ++NumInstrumented;
  if (isSmallLeaf(F)) {
    ++NumUnchecked;
    remarkOnFunction("FunctionUnchecked", F, nullptr, "unchecked",
                     "it calls nothing and needs little stack");
  } else {
    F.addFnAttr("split-stack");
  }
  F.addFnAttr("frame-pointer", "non-leaf");
  // The check has just proved that the frame's memory is there.
  F.removeFnAttr("probe-stack");
  LLVMContext &Ctx = F.getContext();
  F.setPrefixData(ConstantInt::get(Type::getInt64Ty(Ctx), VINE_MAGIC));
  // With 8 bytes of prefix the entry is 8 modulo 16: never at the start of a
  // page, so the word before it may always be read.
  F.setAlignment(std::max(F.getAlign().valueOrOne(), Align(16)));
}

// The check of a prologue covers the frame as laid out, not what is pushed
// later, so arguments must not be pushed. LLVM's option for that has no
// counterpart in the IR.
static void forbidPushedArguments() {
  auto &Options = cl::getRegisteredOptions();
  auto It = Options.find("no-x86-call-frame-opt");
  if (It != Options.end() && !It->second->getNumOccurrences())
    It->second->addOccurrence(0, It->first(), "true");
}

void checkStacks(Module &M) {
  bool Any = false;
  for (Function &F : M) {
    if (!isInstrumented(F))
      continue;
    checkStack(F);
    Any = true;
  }
  if (Any)
    forbidPushedArguments();
}

} // namespace vine
