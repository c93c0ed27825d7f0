// SPDX-License-Identifier: MIT
//
// Makes explicit the calls of libm that the backend would make by itself, so
// that ForeignCalls.cpp sees them: an llvm.sin that becomes `call sin` during
// instruction selection would run libm on the goroutine's stack.
//
// What has a CPU instruction for its type, and the integer and soft-float
// helpers of libgcc (which need some 100 bytes), stays. So do the roundings
// (floor, ceil, ...): without SSE 4.1 they are calls, of functions of libm
// without any frame. fma without the instruction is emulated by libm with a
// big frame, so it is made explicit unless the function may use FMA.
//
// Vectors are taken apart, as the backend would have done.
#include "Abi.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace vine {

// The libm function that an operation becomes, without its type suffix; or
// null if it stays.
static const char *nameOfIntrinsic(const IntrinsicInst &II) {
  switch (II.getIntrinsicID()) {
  case Intrinsic::sin:
    return "sin";
  case Intrinsic::cos:
    return "cos";
#if LLVM_VERSION_MAJOR >= 19
  case Intrinsic::tan:
    return "tan";
#endif
  case Intrinsic::exp:
    return "exp";
  case Intrinsic::exp2:
    return "exp2";
#if LLVM_VERSION_MAJOR >= 18
  case Intrinsic::exp10:
    return "exp10";
#endif
  case Intrinsic::log:
    return "log";
  case Intrinsic::log2:
    return "log2";
  case Intrinsic::log10:
    return "log10";
  case Intrinsic::pow:
    return "pow";
#if LLVM_VERSION_MAJOR >= 17
  case Intrinsic::ldexp:
    return "ldexp";
#endif
  case Intrinsic::fma:
    return "fma";
  default:
    return nullptr;
  }
}

static bool hasFeature(const Function &F, StringRef Feature) {
  StringRef All = F.getFnAttribute("target-features").getValueAsString();
  SmallVector<StringRef, 64> Features;
  All.split(Features, ',');
  return is_contained(Features, Feature);
}

static const char *nameOf(const Instruction &I) {
  if (I.getOpcode() == Instruction::FRem)
    return "fmod";
  auto *II = dyn_cast<IntrinsicInst>(&I);
  if (!II)
    return nullptr;
  const char *Name = nameOfIntrinsic(*II);
  if (!Name || II->getIntrinsicID() != Intrinsic::fma)
    return Name;
  Type *Elt = II->getType()->getScalarType();
  bool InHardware = hasFeature(*II->getFunction(), "+fma") ||
                    hasFeature(*II->getFunction(), "+avx512f");
  return InHardware && (Elt->isFloatTy() || Elt->isDoubleTy()) ? nullptr
                                                               : Name;
}

static StringRef suffixOf(const Type *Ty) {
  if (Ty->isFloatTy())
    return "f";
  if (Ty->isX86_FP80Ty())
    return "l";
  if (Ty->isFP128Ty())
    return "f128";
  return "";
}

static SmallVector<Value *, 3> argumentsOf(Instruction &I) {
  if (auto *CB = dyn_cast<CallBase>(&I))
    return SmallVector<Value *, 3>(CB->args());
  return SmallVector<Value *, 3>(I.operand_values());
}

// A call of Name on scalars. Half precision is computed in float.
static Value *emitScalar(IRBuilder<> &B, StringRef Name, Type *Ty,
                         SmallVector<Value *, 3> Args) {
  bool IsHalf = Ty->isHalfTy() || Ty->isBFloatTy();
  Type *CallTy = IsHalf ? B.getFloatTy() : Ty;
  SmallVector<Type *, 3> Params;
  for (Value *&Arg : Args) {
    if (IsHalf && Arg->getType() == Ty)
      Arg = B.CreateFPExt(Arg, CallTy);
    Params.push_back(Arg->getType());
  }
  Module &M = *B.GetInsertBlock()->getModule();
  FunctionCallee Callee =
      M.getOrInsertFunction((Name + suffixOf(CallTy)).str(),
                            FunctionType::get(CallTy, Params, false));
  CallInst *Call = B.CreateCall(Callee, Args);
  Call->setDoesNotThrow();
  return IsHalf ? B.CreateFPTrunc(Call, Ty) : Call;
}

static Value *emitCall(Instruction &I, StringRef Name) {
  IRBuilder<> B(&I);
  SmallVector<Value *, 3> Args = argumentsOf(I);
  auto *VTy = dyn_cast<FixedVectorType>(I.getType());
  if (!VTy)
    return emitScalar(B, Name, I.getType(), Args);
  Value *Result = PoisonValue::get(VTy);
  for (unsigned Lane = 0; Lane < VTy->getNumElements(); ++Lane) {
    SmallVector<Value *, 3> LaneArgs;
    for (Value *Arg : Args)
      LaneArgs.push_back(Arg->getType()->isVectorTy()
                             ? B.CreateExtractElement(Arg, Lane)
                             : Arg);
    Value *Scalar = emitScalar(B, Name, VTy->getElementType(), LaneArgs);
    Result = B.CreateInsertElement(Result, Scalar, Lane);
  }
  return Result;
}

#if LLVM_VERSION_MAJOR >= 17
// frexp returns its exponent through a pointer, not in a pair.
static Value *emitFrexp(IntrinsicInst &II) {
  Function &F = *II.getFunction();
  auto *Pair = cast<StructType>(II.getType());
  Type *Ty = Pair->getElementType(0);
  IRBuilder<> Top(&*F.getEntryBlock().getFirstInsertionPt());
  AllocaInst *Slot = Top.CreateAlloca(Pair->getElementType(1));
  IRBuilder<> B(&II);
  Value *Fraction =
      emitScalar(B, "frexp", Ty, {II.getArgOperand(0), Slot});
  Value *Exponent = B.CreateLoad(Pair->getElementType(1), Slot);
  Value *Result = B.CreateInsertValue(PoisonValue::get(Pair), Fraction, 0);
  return B.CreateInsertValue(Result, Exponent, 1);
}
#endif

void makeLibCallsExplicit(Function &F) {
  for (Instruction &I : make_early_inc_range(instructions(F))) {
    Value *Result = nullptr;
    if (const char *Name = nameOf(I))
      Result = emitCall(I, Name);
#if LLVM_VERSION_MAJOR >= 17
    else if (auto *II = dyn_cast<IntrinsicInst>(&I);
             II && II->getIntrinsicID() == Intrinsic::frexp &&
             !II->getType()->getStructElementType(0)->isVectorTy())
      Result = emitFrexp(*II);
#endif
    if (!Result)
      continue;
    I.replaceAllUsesWith(Result);
    I.eraseFromParent();
  }
}

} // namespace vine
