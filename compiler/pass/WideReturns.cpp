// SPDX-License-Identifier: MIT
//
// Results that don't fit the return registers, returned through explicit
// memory.
//
// The backend would do this silently: the caller makes room in its own frame
// and passes the address, which the callee then holds while the frame moves.
// clang returns such results through memory itself, but for vectors wider
// than the CPU's (<32 x float> without AVX), and the optimiser can make more.
// The rewrite gives them the same convention in IR: a first parameter marked
// sret, which the backend treats just like its own. The room becomes a local
// like others, and moves to the side stack.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumWide, "Functions whose wide results go through memory");
VINE_STATISTIC(NumWideCalls, "Calls whose wide results go through memory");

namespace vine {

using GetTTI = function_ref<const TargetTransformInfo &(Function &)>;

namespace {

// Return registers that a type needs, by LLVM's RetCC_X86_64_C.
struct ReturnNeed {
  unsigned Ints = 0;    // of RAX, RDX, RCX
  unsigned Scalars = 0; // floating point: of XMM0, XMM1
  unsigned Vectors = 0; // of XMM0 to XMM3, YMM, ZMM alike
  unsigned X87 = 0;     // of FP0, FP1
};

void addNeed(Type *Ty, const TargetTransformInfo &TTI, ReturnNeed &Need) {
  if (auto *STy = dyn_cast<StructType>(Ty)) {
    for (Type *Field : STy->elements())
      addNeed(Field, TTI, Need);
  } else if (auto *ATy = dyn_cast<ArrayType>(Ty)) {
    // Four of anything is as much as two million.
    for (uint64_t I = 0; I < std::min<uint64_t>(ATy->getNumElements(), 8); ++I)
      addNeed(ATy->getElementType(), TTI, Need);
  } else if (Ty->isVectorTy()) {
    Need.Vectors += std::max(1u, TTI.getNumberOfParts(Ty));
  } else if (Ty->isX86_FP80Ty()) {
    ++Need.X87;
  } else if (Ty->isFloatingPointTy()) {
    ++Need.Scalars;
  } else if (Ty->isIntegerTy()) {
    Need.Ints += divideCeil(Ty->getIntegerBitWidth(), 64);
  } else {
    ++Need.Ints;
  }
}

} // namespace

static bool isWide(Type *Ty, const TargetTransformInfo &TTI) {
  if (Ty->isVoidTy() || Ty->isPointerTy() || Ty->isFloatTy() ||
      Ty->isDoubleTy())
    return false;
  ReturnNeed Need;
  addNeed(Ty, TTI, Need);
  return Need.Ints > 3 || Need.Scalars > 2 || Need.X87 > 2 ||
         Need.Vectors + Need.Scalars > 4;
}

static FunctionType *withResultParameter(FunctionType *Ty) {
  LLVMContext &Ctx = Ty->getContext();
  SmallVector<Type *, 8> Params = {PointerType::get(Ctx, 0)};
  append_range(Params, Ty->params());
  return FunctionType::get(Type::getVoidTy(Ctx), Params, Ty->isVarArg());
}

static AttributeList withResultAttributes(LLVMContext &Ctx, AttributeList Old,
                                          Type *Ty, Align A, unsigned Count) {
  AttrBuilder Result(Ctx);
  Result.addStructRetAttr(Ty).addAlignmentAttr(A);
  SmallVector<AttributeSet, 8> Args = {AttributeSet::get(Ctx, Result)};
  for (unsigned I = 0; I < Count; ++I)
    Args.push_back(Old.getParamAttrs(I));
  AttrBuilder Fn(Ctx, Old.getFnAttrs());
  Fn.removeAttribute(Attribute::Memory);
  return AttributeList::get(Ctx, AttributeSet::get(Ctx, Fn), AttributeSet(),
                            Args);
}

static void rewriteReturns(Function &F, Argument &Result, Align A) {
  for (BasicBlock &BB : F) {
    auto *Ret = dyn_cast<ReturnInst>(BB.getTerminator());
    if (!Ret)
      continue;
    if (exitIsMustTail(*Ret))
      cast<CallInst>(exitPoint(*Ret))->setTailCallKind(CallInst::TCK_None);
    IRBuilder<> B(Ret);
    B.CreateAlignedStore(Ret->getReturnValue(), &Result, A);
    B.CreateRetVoid();
    Ret->eraseFromParent();
  }
}

static void rewriteDefinition(Function &F) {
  Type *Ty = F.getReturnType();
  Align A = F.getParent()->getDataLayout().getABITypeAlign(Ty);
  auto *New = Function::Create(withResultParameter(F.getFunctionType()),
                               F.getLinkage(), F.getAddressSpace());
  F.getParent()->getFunctionList().insert(F.getIterator(), New);
  New->copyAttributesFrom(&F);
  New->setAttributes(withResultAttributes(F.getContext(), F.getAttributes(), Ty,
                                          A, F.arg_size()));
  New->setComdat(F.getComdat());
  New->takeName(&F);
  moveBody(F, *New, 1);
  rewriteReturns(*New, *New->getArg(0), A);
  F.replaceAllUsesWith(New);
  F.eraseFromParent();
}

static void rewriteCall(CallInst &Call) {
  assert(!Call.getType()->isVoidTy() && "no result to return");
  Type *Ty = Call.getType();
  Align A = Call.getModule()->getDataLayout().getABITypeAlign(Ty);
  Function &F = *Call.getFunction();
  IRBuilder<> Top(&*F.getEntryBlock().getFirstInsertionPt());
  AllocaInst *Room = Top.CreateAlloca(Ty, nullptr, "wide");
  Room->setAlignment(A);
  SmallVector<Value *, 8> Args = {Room};
  append_range(Args, Call.args());
  IRBuilder<> B(&Call);
  CallInst *New = B.CreateCall(withResultParameter(Call.getFunctionType()),
                               Call.getCalledOperand(), Args);
  New->setAttributes(withResultAttributes(F.getContext(), Call.getAttributes(),
                                          Ty, A, Call.arg_size()));
  New->setCallingConv(Call.getCallingConv());
  New->copyMetadata(Call);
  Call.replaceAllUsesWith(B.CreateAlignedLoad(Ty, Room, A));
  Call.eraseFromParent();
}

void makeWideReturnsExplicit(Module &M, GetTTI TTI) {
  SmallVector<CallInst *, 8> Calls;
  SmallVector<Function *, 8> Definitions;
  for (Function &F : M) {
    if (!isInstrumented(F))
      continue;
    if (isWide(F.getReturnType(), TTI(F)))
      Definitions.push_back(&F);
    for (Instruction &I : instructions(F)) {
      auto *Call = dyn_cast<CallInst>(&I);
      if (Call && !Call->isInlineAsm() && !isa<IntrinsicInst>(Call) &&
          isWide(Call->getType(), TTI(F)))
        Calls.push_back(Call);
    }
  }
  NumWide += Definitions.size();
  NumWideCalls += Calls.size();
  // Calls first: a definition takes the callers' uses with it.
  for (CallInst *Call : Calls)
    rewriteCall(*Call);
  for (Function *F : Definitions)
    rewriteDefinition(*F);
}

} // namespace vine
