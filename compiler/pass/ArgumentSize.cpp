// SPDX-License-Identifier: MIT
//
// How many bytes of arguments a call puts on the stack. Two answers for two
// uses:
//
//  - stackArgumentBytes is an upper bound from the IR types alone, so that a
//    caller and a definition in different objects compute the same number
//    without knowing each other's target features. It is part of the name
//    that they meet at: __vine_c_<name>.<N>. Its lowest four bits are the
//    alignment of the arguments, where that is above a stack's.
//  - namedArguments walks the System V rules exactly, for the va_list of a
//    variadic definition.
//
// clang has already applied the psABI's classification of aggregates: what is
// left are scalars, vectors, and byval pointers for what goes to memory.
#include "Abi.h"

#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"

using namespace llvm;

namespace vine {

namespace {

// What one flattened argument needs.
struct Need {
  unsigned Ints = 0;    // 64-bit integer registers
  unsigned Vectors = 0; // %xmm registers
  uint64_t Bytes = 0;   // in memory
  Align Alignment = Align(8);
  bool InMemory = false;
};

// A scalar or vector of Ty passed by value.
Need needOfScalar(Type *Ty, const DataLayout &DL) {
  assert(!Ty->isAggregateType() && "flatten takes those apart");
  assert(!isa<ScalableVectorType>(Ty) && "x86 has no scalable vectors");
  Need N;
  N.Bytes = alignTo(DL.getTypeAllocSize(Ty).getFixedValue(), 8);
  if (Ty->isX86_FP80Ty()) {
    N.InMemory = true;
    N.Alignment = Align(16);
  } else if (Ty->isVectorTy()) {
    N.Vectors = std::max<unsigned>(1, divideCeil(N.Bytes, 16));
    N.Bytes = alignTo(N.Bytes, 16);
    N.Alignment = Align(16);
  } else if (Ty->isFloatingPointTy()) {
    N.Vectors = 1;
    N.Alignment = Ty->isFP128Ty() ? Align(16) : Align(8);
  } else {
    N.Ints = std::max<unsigned>(1, N.Bytes / 8);
    N.Alignment = N.Ints > 1 ? Align(16) : Align(8);
  }
  return N;
}

// Small illegal vectors may be taken apart into one integer register per
// element; the bound must hold for that too.
void countOddVector(FixedVectorType *Ty, Need &N) {
  unsigned Bits = Ty->getScalarSizeInBits();
  bool Natural = isPowerOf2_32(Ty->getNumElements()) &&
                 Ty->getPrimitiveSizeInBits() >= 64 && Bits >= 8;
  if (!Natural)
    N.Ints = Ty->getNumElements();
}

void flatten(Type *Ty, const DataLayout &DL, SmallVectorImpl<Need> &Out) {
  if (auto *STy = dyn_cast<StructType>(Ty)) {
    for (Type *Field : STy->elements())
      flatten(Field, DL, Out);
  } else if (auto *ATy = dyn_cast<ArrayType>(Ty)) {
    for (uint64_t I = 0; I < ATy->getNumElements(); ++I)
      flatten(ATy->getElementType(), DL, Out);
  } else {
    Need N = needOfScalar(Ty, DL);
    if (auto *VTy = dyn_cast<FixedVectorType>(Ty))
      countOddVector(VTy, N);
    Out.push_back(N);
  }
}

Need needOfByVal(Type *Ty, MaybeAlign A, const DataLayout &DL) {
  Need N;
  N.InMemory = true;
  N.Bytes = alignTo(DL.getTypeAllocSize(Ty).getFixedValue(), 8);
  N.Alignment = std::max(Align(8), A.valueOrOne());
  return N;
}

// With the alignment of the copy that a call makes, where 64 isn't enough.
uint64_t upperBound(ArrayRef<Need> Needs) {
  unsigned Ints = 0, Vectors = 0;
  bool Memory = false;
  uint64_t Sum = 0;
  Align Most(VINE_STACK_ALIGN);
  for (const Need &N : Needs) {
    Ints += N.Ints;
    Vectors += N.Vectors;
    Memory |= N.InMemory;
    // Padding before an over-aligned slot.
    Sum += N.Bytes + (N.Alignment.value() - 8);
    Most = std::max(Most, N.Alignment);
  }
  if (Ints <= 6 && Vectors <= 8 && !Memory)
    return 0;
  unsigned Code = Log2(Most) - Log2(Align(VINE_STACK_ALIGN));
  assert(Code < 16 && "LLVM has no such alignment");
  return alignTo(Sum, 16) + Code;
}

} // namespace

// Windows' convention: a word for each argument, and for the first four, which
// are in registers, the callee may use that of its caller's frame.
static uint64_t stackWordsOfWin64(size_t Args) {
  return alignTo(8 * std::max<size_t>(Args, 4), 16);
}

uint64_t stackArgumentBytes(const CallBase &CB) {
  if (CB.getCallingConv() == CallingConv::Win64)
    return stackWordsOfWin64(CB.arg_size());
  const DataLayout &DL = CB.getModule()->getDataLayout();
  SmallVector<Need, 16> Needs;
  for (unsigned I = 0; I < CB.arg_size(); ++I) {
    if (CB.paramHasAttr(I, Attribute::Nest))
      continue;
    if (CB.isByValArgument(I))
      Needs.push_back(
          needOfByVal(CB.getParamByValType(I), CB.getParamAlign(I), DL));
    else
      flatten(CB.getArgOperand(I)->getType(), DL, Needs);
  }
  return upperBound(Needs);
}

static SmallVector<Need, 16> needsOf(const Function &F) {
  const DataLayout &DL = F.getParent()->getDataLayout();
  SmallVector<Need, 16> Needs;
  for (const Argument &A : F.args()) {
    if (A.hasNestAttr())
      continue;
    if (A.hasByValAttr())
      Needs.push_back(
          needOfByVal(A.getParamByValType(), A.getParamAlign(), DL));
    else
      flatten(A.getType(), DL, Needs);
  }
  return Needs;
}

uint64_t stackArgumentBytes(const Function &F) {
  if (F.getCallingConv() == CallingConv::Win64)
    return stackWordsOfWin64(F.arg_size());
  return upperBound(needsOf(F));
}

NamedArguments namedArguments(const Function &F) {
  NamedArguments State;
  for (const Need &N : needsOf(F)) {
    bool Fits = !N.InMemory && (N.Vectors ? State.VectorRegs + N.Vectors <= 8
                                          : State.IntRegs + N.Ints <= 6);
    if (Fits && N.Vectors) {
      State.VectorRegs += N.Vectors;
    } else if (Fits) {
      State.IntRegs += N.Ints;
    } else {
      State.StackBytes = alignTo(State.StackBytes, N.Alignment) + N.Bytes;
    }
  }
  assert(State.IntRegs <= 6 && State.VectorRegs <= 8 &&
         State.StackBytes % 8 == 0 && "what a descriptor can't hold");
  return State;
}

} // namespace vine
