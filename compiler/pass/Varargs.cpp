// SPDX-License-Identifier: MIT
//
// Splits a variadic definition (abi/README.md section 4).
//
// va_start leaves pointers into the frame behind, in a va_list that others
// keep: such a frame couldn't move, and LLVM has no stack check for variadic
// functions anyway. But an instrumented caller tells how many bytes of stack
// arguments it passes. So `foo` becomes a naked entry
//
//     leaq foo.vdesc(%rip), %r11
//     jmp __vine_variadic
//
// and the runtime's __vine_variadic copies argument registers and stack
// arguments to the side stack, together with the va_list that describes them,
// and goes on to the body `foo.va`. That is an ordinary instrumented function
// with the named parameters, and the copied area in %r10: va_start is a copy
// of 24 bytes, nothing is pinned.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumSplit, "Variadic functions split");

namespace vine {

static AttributeList bodyAttributes(const Function &F) {
  LLVMContext &Ctx = F.getContext();
  AttributeList Old = F.getAttributes();
  SmallVector<AttributeSet, 8> Args = {
      AttributeSet::get(Ctx, AttrBuilder(Ctx).addAttribute(Attribute::Nest))};
  for (unsigned I = 0; I < F.arg_size(); ++I)
    Args.push_back(Old.getParamAttrs(I));
  return AttributeList::get(Ctx, Old.getFnAttrs(), Old.getRetAttrs(), Args);
}

// Moves F's body into a new function with the area as first parameter.
static Function *createBody(Function &F) {
  assert(F.isVarArg() && isInstrumented(F) && "nothing to split");
  LLVMContext &Ctx = F.getContext();
  FunctionType *Old = F.getFunctionType();
  SmallVector<Type *, 8> Params = {PointerType::get(Ctx, 0)};
  append_range(Params, Old->params());
  auto *Ty = FunctionType::get(Old->getReturnType(), Params, false);
  auto *Body =
      Function::Create(Ty, GlobalValue::InternalLinkage, F.getName() + ".va");
  F.getParent()->getFunctionList().insertAfter(F.getIterator(), Body);
  Body->copyAttributesFrom(&F);
  Body->setAttributes(bodyAttributes(F));
  Body->addFnAttr(VariadicBodyAttr);
  // The area is memory of another "function" to the optimiser's summary.
  Body->removeFnAttr(Attribute::Memory);
  Body->setVisibility(GlobalValue::DefaultVisibility);
  Body->setDSOLocal(true);
  Body->setComdat(F.getComdat());
  moveBody(F, *Body, 1);
  return Body;
}

// { body, gp_offset, fp_offset, named_stack_bytes, reserved }
static GlobalVariable *createDescriptor(Function &F, Function &Body) {
  Module &M = *F.getParent();
  LLVMContext &Ctx = M.getContext();
  NamedArguments Named = namedArguments(Body);
  auto *I32 = Type::getInt32Ty(Ctx);
  Constant *Fields[] = {
      &Body,
      ConstantInt::get(I32, Named.IntRegs * 8),
      ConstantInt::get(I32, 48 + Named.VectorRegs * 16),
      ConstantInt::get(I32, Named.StackBytes),
      ConstantInt::get(I32, 0),
  };
  auto *Init = ConstantStruct::getAnon(Ctx, Fields);
  auto *Desc = new GlobalVariable(M, Init->getType(), /*isConstant=*/true,
                                  GlobalValue::InternalLinkage, Init,
                                  F.getName() + ".vdesc");
  Desc->setComdat(F.getComdat());
  return Desc;
}

static void createEntry(Function &F, Function &Body, GlobalVariable &Desc) {
  assert(F.empty() && "the body has moved out");
  LLVMContext &Ctx = F.getContext();
  AttributeList Old = F.getAttributes();
  SmallVector<AttributeSet, 8> Args;
  for (unsigned I = 0; I < F.arg_size(); ++I)
    Args.push_back(Old.getParamAttrs(I));
  F.setAttributes(
      AttributeList::get(Ctx, AttributeSet(), Old.getRetAttrs(), Args));
  for (auto Kind : {Attribute::Naked, Attribute::NoInline, Attribute::NoUnwind})
    F.addFnAttr(Kind);
  F.addFnAttr(VariadicBodyAttr);
  F.setPersonalityFn(nullptr);
  keepTypes(F, Body);
  placeMagic(F);
  createAsmBody(F, "leaq " + asmSymbol(linkerName(Desc)) + "(%rip), %r11\n\t",
                "__vine_variadic", &Desc);
}

static void lowerVaStart(IntrinsicInst &Start, Value *Area) {
  assert(Area->getType()->isPointerTy() && "%r10 holds the area's address");
  IRBuilder<> B(&Start);
  for (int Offset = 0; Offset < 24; Offset += 8) {
    Value *Word = B.CreateLoad(
        B.getInt64Ty(), B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Area,
                                                     VINE_VA_LIST + Offset));
    B.CreateStore(Word, B.CreateConstInBoundsGEP1_64(
                            B.getInt8Ty(), Start.getArgOperand(0), Offset));
  }
  Start.eraseFromParent();
}

static void lowerVaIntrinsics(Function &Body) {
  for (Instruction &I : make_early_inc_range(instructions(Body))) {
    auto *II = dyn_cast<IntrinsicInst>(&I);
    if (!II)
      continue;
    if (II->getIntrinsicID() == Intrinsic::vastart)
      lowerVaStart(*II, Body.getArg(0));
    else if (II->getIntrinsicID() == Intrinsic::vaend)
      II->eraseFromParent();
  }
}

void splitVariadics(Module &M) {
  SmallVector<Function *, 8> Variadic;
  for (Function &F : M)
    if (F.isVarArg() && isInstrumented(F))
      Variadic.push_back(&F);
  for (Function *F : Variadic) {
    ++NumSplit;
    Function *Body = createBody(*F);
    createEntry(*F, *Body, *createDescriptor(*F, *Body));
    lowerVaIntrinsics(*Body);
  }
}

} // namespace vine
