// SPDX-License-Identifier: MIT
//
// Makes explicit the calls of libm that the backend would make by itself, so
// that ForeignCalls.cpp sees them: an llvm.sin that becomes `call sin` during
// instruction selection would run libm on the goroutine's stack.
//
// What has a CPU instruction for its type stays, and so do the helpers of
// libgcc for 128-bit integers and conversions, which need 60 bytes of stack at
// most; arithmetic of __float128 needs twice that. The roundings stay too
// (floor, ceil, ...): without SSE 4.1 they are calls, of functions of libm
// without any frame. fma without the instruction is emulated by libm with a
// big frame, so it is made explicit unless the function may use FMA.
//
// The other way round, `sqrt` is a call only for errno's sake. The backend
// would expand it to the instruction, with a call for negative arguments, but
// doesn't know it by the name of our thunk: so that is done here as well.
//
// Vectors are taken apart, as the backend would have done. Every version of
// LLVM makes operations of further functions, and clang then calls by no name:
// the verifier finds those that are missing here.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

#include <array>
#include <optional>

using namespace llvm;

VINE_STATISTIC(NumLibCalls, "Operations made calls of libm and libgcc");
VINE_STATISTIC(NumSqrts, "Calls of sqrt made instructions");

namespace vine {

// The functions of libm that operations become, without their type's suffix. A
// constrained operation is one under -frounding-math or the pragma FENV_ACCESS.
// LLVM got them one by one.
static constexpr struct {
  Intrinsic::ID Operation;
  const char *Name;
} LibmFunctions[] = {
#define PLAIN_AND_CONSTRAINED(name)                                            \
  {Intrinsic::name, #name}, {                                                  \
    Intrinsic::experimental_constrained_##name, #name                          \
  }
    PLAIN_AND_CONSTRAINED(sin),
    PLAIN_AND_CONSTRAINED(cos),
    PLAIN_AND_CONSTRAINED(exp),
    PLAIN_AND_CONSTRAINED(exp2),
    PLAIN_AND_CONSTRAINED(log),
    PLAIN_AND_CONSTRAINED(log2),
    PLAIN_AND_CONSTRAINED(log10),
    PLAIN_AND_CONSTRAINED(pow),
    PLAIN_AND_CONSTRAINED(fma),
    {Intrinsic::experimental_constrained_frem, "fmod"},
#if LLVM_VERSION_MAJOR >= 17
    PLAIN_AND_CONSTRAINED(ldexp),
#endif
#if LLVM_VERSION_MAJOR >= 18
    {Intrinsic::exp10, "exp10"},
#endif
#if LLVM_VERSION_MAJOR >= 19
    PLAIN_AND_CONSTRAINED(tan),
    PLAIN_AND_CONSTRAINED(asin),
    PLAIN_AND_CONSTRAINED(acos),
    PLAIN_AND_CONSTRAINED(atan),
    PLAIN_AND_CONSTRAINED(sinh),
    PLAIN_AND_CONSTRAINED(cosh),
    PLAIN_AND_CONSTRAINED(tanh),
#endif
#if LLVM_VERSION_MAJOR >= 20
    PLAIN_AND_CONSTRAINED(atan2),
#endif
#undef PLAIN_AND_CONSTRAINED
};

// The libm function that an operation becomes, or null if it stays.
static const char *nameOfIntrinsic(const IntrinsicInst &II) {
  for (auto &[Operation, Name] : LibmFunctions)
    if (Operation == II.getIntrinsicID())
      return Name;
  return nullptr;
}

static bool hasFeature(const Function &F, StringRef Feature) {
  StringRef All = F.getFnAttribute("target-features").getValueAsString();
  SmallVector<StringRef, 64> Features;
  All.split(Features, ',');
  return is_contained(Features, Feature);
}

// The instruction that a constrained intrinsic (-frounding-math, or the pragma
// FENV_ACCESS) stands for, if it is an arithmetic one.
static unsigned arithmeticOf(const Instruction &I) {
  auto *II = dyn_cast<IntrinsicInst>(&I);
  switch (II ? II->getIntrinsicID() : Intrinsic::not_intrinsic) {
  case Intrinsic::experimental_constrained_fadd:
    return Instruction::FAdd;
  case Intrinsic::experimental_constrained_fsub:
    return Instruction::FSub;
  case Intrinsic::experimental_constrained_fmul:
    return Instruction::FMul;
  case Intrinsic::experimental_constrained_fdiv:
    return Instruction::FDiv;
  default:
    return I.getOpcode();
  }
}

// libgcc's function for quadruple precision arithmetic.
static const char *nameOfQuad(const Instruction &I) {
  switch (arithmeticOf(I)) {
  case Instruction::FAdd:
    return "__addtf3";
  case Instruction::FSub:
    return "__subtf3";
  case Instruction::FMul:
    return "__multf3";
  case Instruction::FDiv:
    return "__divtf3";
  default:
    return nullptr;
  }
}

static const char *nameOf(const Instruction &I) {
  if (I.getOpcode() == Instruction::FRem)
    return "fmod";
  if (I.getType()->getScalarType()->isFP128Ty())
    if (const char *Name = nameOfQuad(I))
      return Name;
  auto *II = dyn_cast<IntrinsicInst>(&I);
  if (!II)
    return nullptr;
  const char *Name = nameOfIntrinsic(*II);
  if (!Name || StringRef(Name) != "fma")
    return Name;
  Type *Elt = II->getType()->getScalarType();
  bool InHardware = hasFeature(*II->getFunction(), "+fma") ||
                    hasFeature(*II->getFunction(), "+avx512f");
  return InHardware && (Elt->isFloatTy() || Elt->isDoubleTy()) ? nullptr : Name;
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

// Without what tells the rounding mode and which exceptions matter.
static SmallVector<Value *, 3> argumentsOf(Instruction &I) {
  if (!isa<CallBase>(&I))
    return SmallVector<Value *, 3>(I.operand_values());
  SmallVector<Value *, 3> Args;
  for (Value *Arg : cast<CallBase>(I).args())
    if (!Arg->getType()->isMetadataTy())
      Args.push_back(Arg);
  return Args;
}

// Half precision is computed in float.
static Type *typeToCompute(Type *Ty) {
  return Ty->isHalfTy() || Ty->isBFloatTy() ? Type::getFloatTy(Ty->getContext())
                                            : Ty;
}

// The call of Name, with the suffix of the type that it computes in.
static Value *emitLibCall(IRBuilder<> &B, StringRef Name, Type *Result,
                          const Type *Computed, ArrayRef<Value *> Args) {
  SmallVector<Type *, 3> Params;
  for (Value *Arg : Args)
    Params.push_back(Arg->getType());
  Module &M = *B.GetInsertBlock()->getModule();
  std::string Full = Name.str();
  if (!Name.starts_with("__"))
    Full += suffixOf(Computed);
  FunctionCallee Callee =
      M.getOrInsertFunction(Full, FunctionType::get(Result, Params, false));
  CallInst *Call = B.CreateCall(Callee, Args);
  Call->setDoesNotThrow();
  if (Call->getFunction()->hasFnAttribute(Attribute::StrictFP))
    Call->addFnAttr(Attribute::StrictFP);
  return Call;
}

// A call of Name on scalars.
static Value *emitScalar(IRBuilder<> &B, StringRef Name, Type *Ty,
                         SmallVector<Value *, 3> Args) {
  Type *Computed = typeToCompute(Ty);
  for (Value *&Arg : Args)
    if (Arg->getType() == Ty)
      Arg = B.CreateFPCast(Arg, Computed);
  Value *Call = emitLibCall(B, Name, Computed, Computed, Args);
  return B.CreateFPCast(Call, Ty);
}

static Value *emitCall(Instruction &I, StringRef Name) {
  assert(!Name.empty() && "operations that stay have no name");
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

// An operation with two results, as a function of libm computes it: it stores
// the second through a pointer, or both.
namespace {
struct Pairing {
  const char *Name;
  bool StoresBoth;
};
} // namespace

static std::optional<Pairing> pairingOf(const Instruction &I) {
  auto *II = dyn_cast<IntrinsicInst>(&I);
  switch (II ? II->getIntrinsicID() : Intrinsic::not_intrinsic) {
#if LLVM_VERSION_MAJOR >= 17
  case Intrinsic::frexp:
    return Pairing{"frexp", false};
#endif
#if LLVM_VERSION_MAJOR >= 20
  case Intrinsic::sincos:
    return Pairing{"sincos", true};
#endif
#if LLVM_VERSION_MAJOR >= 21
  case Intrinsic::modf:
    return Pairing{"modf", false};
  case Intrinsic::sincospi:
    return Pairing{"sincospi", true};
#endif
  default:
    return std::nullopt;
  }
}

// The two results for the scalar Arg, of the given types.
static std::array<Value *, 2> emitPair(IRBuilder<> &B, Pairing P, Value *Arg,
                                       Type *First, Type *Second) {
  Function &F = *B.GetInsertBlock()->getParent();
  IRBuilder<> Top(&*F.getEntryBlock().getFirstInsertionPt());
  Type *Types[] = {First, Second};
  Type *Computed = typeToCompute(Arg->getType());
  SmallVector<Value *, 3> Args = {B.CreateFPCast(Arg, Computed)};
  for (Type *Ty : drop_begin(Types, !P.StoresBoth))
    Args.push_back(Top.CreateAlloca(typeToCompute(Ty)));
  Value *Call = emitLibCall(B, P.Name, P.StoresBoth ? B.getVoidTy() : Computed,
                            Computed, Args);
  std::array<Value *, 2> Results;
  for (unsigned I = 0; I < 2; ++I) {
    Type *Ty = typeToCompute(Types[I]);
    unsigned Slot = P.StoresBoth ? I + 1 : I;
    Value *V = Slot ? B.CreateLoad(Ty, Args[Slot]) : Call;
    Results[I] = Ty == Types[I] ? V : B.CreateFPCast(V, Types[I]);
  }
  return Results;
}

static Value *emitPairs(Instruction &I, Pairing P) {
  IRBuilder<> B(&I);
  auto *Ty = cast<StructType>(I.getType());
  Value *Arg = I.getOperand(0);
  Type *First = Ty->getElementType(0), *Second = Ty->getElementType(1);
  Value *Results[] = {PoisonValue::get(First), PoisonValue::get(Second)};
  auto *VTy = dyn_cast<FixedVectorType>(Arg->getType());
  for (unsigned Lane = 0; VTy && Lane < VTy->getNumElements(); ++Lane) {
    auto Of = emitPair(B, P, B.CreateExtractElement(Arg, Lane),
                       First->getScalarType(), Second->getScalarType());
    for (unsigned N = 0; N < 2; ++N)
      Results[N] = B.CreateInsertElement(Results[N], Of[N], Lane);
  }
  if (!VTy)
    copy(emitPair(B, P, Arg, First, Second), Results);
  Value *Pair = B.CreateInsertValue(PoisonValue::get(Ty), Results[0], 0);
  return B.CreateInsertValue(Pair, Results[1], 1);
}

// The sqrt, sqrtf or sqrtl of libm.
static bool isSqrt(const Instruction &I) {
  auto *Call = dyn_cast<CallInst>(&I);
  Function *Callee = Call ? calledFunction(*Call) : nullptr;
  if (!Callee || !Callee->isDeclaration() || Call->isStrictFP() ||
      Call->isMustTailCall())
    return false;
  Type *Ty = Call->getType();
  StringRef Name = linkerName(*Callee);
  bool Known = (Name == "sqrt" && Ty->isDoubleTy()) ||
               (Name == "sqrtf" && Ty->isFloatTy()) ||
               (Name == "sqrtl" && Ty->isX86_FP80Ty());
  return Known && Call->arg_size() == 1 &&
         Call->getArgOperand(0)->getType() == Ty;
}

// r = instruction(x); if (r is no number) r = sqrt(x), which sets errno.
static void expandSqrt(CallInst &Call) {
  IRBuilder<> B(&Call);
  Value *Fast = B.CreateUnaryIntrinsic(Intrinsic::sqrt, Call.getArgOperand(0));
  Value *IsNaN = B.CreateFCmpUNO(Fast, Fast);
  Instruction *Then = SplitBlockAndInsertIfThen(
      IsNaN, &Call, /*Unreachable=*/false,
      MDBuilder(Call.getContext()).createBranchWeights(1, 1 << 20));
  auto *Next = Call.getNextNode();
  Call.moveBefore(Then);
  Call.setTailCall(false);
  // At the block's begin, not before its first instruction: that would be
  // behind the debug records that stand there.
  B.SetInsertPoint(Next->getParent(), Next->getParent()->begin());
  PHINode *Result = B.CreatePHI(Call.getType(), 2);
  Call.replaceAllUsesWith(Result);
  Result->addIncoming(Fast, cast<Instruction>(IsNaN)->getParent());
  Result->addIncoming(&Call, Then->getParent());
}

// The product and the sum that an llvm.fmuladd of __float128 is made of.
static void splitMulAdds(Function &F) {
  for (Instruction &I : make_early_inc_range(instructions(F))) {
    auto *II = dyn_cast<IntrinsicInst>(&I);
    if (!II || !II->getType()->getScalarType()->isFP128Ty() ||
        (II->getIntrinsicID() != Intrinsic::fmuladd &&
         II->getIntrinsicID() != Intrinsic::experimental_constrained_fmuladd))
      continue;
    IRBuilder<> B(II);
    Value *Product = B.CreateFMul(II->getArgOperand(0), II->getArgOperand(1));
    II->replaceAllUsesWith(B.CreateFAdd(Product, II->getArgOperand(2)));
    II->eraseFromParent();
  }
}

void makeLibCallsExplicit(Function &F) {
  splitMulAdds(F);
  SmallVector<CallInst *, 4> Sqrts;
  for (Instruction &I : instructions(F))
    if (isSqrt(I) && !F.hasOptNone())
      Sqrts.push_back(cast<CallInst>(&I));
  NumSqrts += Sqrts.size();
  for (CallInst *Call : Sqrts)
    expandSqrt(*Call);
  for (Instruction &I : make_early_inc_range(instructions(F))) {
    Value *Result = nullptr;
    if (const char *Name = nameOf(I))
      Result = emitCall(I, Name);
    else if (std::optional<Pairing> P = pairingOf(I))
      Result = emitPairs(I, *P);
    if (!Result)
      continue;
    ++NumLibCalls;
    I.replaceAllUsesWith(Result);
    I.eraseFromParent();
  }
}

} // namespace vine
