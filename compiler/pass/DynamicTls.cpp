// SPDX-License-Identifier: MIT
//
// Thread-local variables of what may be a shared library (-fPIC), by the
// general-dynamic model: a library that dlopen loads may have any number of
// bytes of them. What ThreadLocal.cpp makes of the other models' variables, an
// offset from the thread pointer, is there only for what was loaded at start,
// and for some kilobyte more.
//
// The C library's __tls_get_addr finds the variable. It may allocate, so it
// must run on the thread's stack, by a foreign call. But the linker wants to
// see an instruction that loads its argument and then a call of it by its own
// name, two instructions of fixed shape, which it makes an offset where the
// object ends up in a program after all. So they stand in a function of the
// variable's, here called only:
//
//     __vine_t_x:  leaq 1f(%rip), %r11
//                  jmp  __vine_tls             // the runtime's
//     1:           ... leaq x@TLSGD(%rip), %rdi; call __tls_get_addr ...
//
// In a shared library __vine_tls calls what %r11 points to as foreign code; in
// a program, where that calls nothing any more, it jumps there.
//
// The address holds until the next call that may be one of the goroutine's
// switches: a foreign call stays on its thread, whatever it calls back. So
// accesses of one variable in a block have one call, up to there.
//
// Rejected: __vine_foreign called for __tls_get_addr itself (the linker refuses
// objects in which @TLSGD stands alone); one helper in a comdat for all objects
// (`objcopy --redefine-sym` renames the variable and not the group); TLS
// descriptors (-mtls-dialect=gnu2: assemblers before LLVM 19 don't know them,
// and what a descriptor calls allocates just so).
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

VINE_STATISTIC(NumDynamic, "Thread-local addresses found by calls");

namespace vine {

static bool isDynamic(const GlobalValue &Var) {
  const Module &M = *Var.getParent();
  return M.getPICLevel() != PICLevel::NotPIC &&
         M.getPIELevel() == PIELevel::Default &&
         (Var.getThreadLocalMode() == GlobalValue::GeneralDynamicTLSModel ||
          Var.getThreadLocalMode() == GlobalValue::LocalDynamicTLSModel);
}

// The sequence that linkers know, byte for byte.
static InlineAsm *addressAsm(FunctionType *Ty) {
  StringRef Text = "leaq 1f(%rip), %r11\n\t"
                   ".hidden __vine_tls\n\t"
                   "jmp __vine_tls\n"
                   "1:\n\t"
                   "pushq %rbp\n\t"
                   ".cfi_def_cfa_offset 16\n\t"
                   ".cfi_offset %rbp, -16\n\t"
                   "movq %rsp, %rbp\n\t"
                   ".cfi_def_cfa_register %rbp\n\t"
                   ".byte 0x66\n\t"
                   "leaq ${0:P}@TLSGD(%rip), %rdi\n\t"
                   ".value 0x6666\n\t"
                   "rex64\n\t"
                   "call __tls_get_addr@PLT\n\t"
                   "popq %rbp\n\t"
                   ".cfi_def_cfa %rsp, 8\n\t"
                   "ret";
  return InlineAsm::get(Ty, Text, "s", /*hasSideEffects=*/true);
}

// ptr __vine_t_x(void), in this object only.
static Function *addressFunction(Module &M, GlobalValue &Var) {
  LLVMContext &Ctx = M.getContext();
  std::string Name = (TlsThunkPrefix + linkerName(Var)).str();
  if (Function *Known = M.getFunction(Name))
    return Known;
  auto *Ptr = PointerType::get(Ctx, 0);
  auto *F = Function::Create(FunctionType::get(Ptr, false),
                             GlobalValue::InternalLinkage, Name, M);
  for (auto Kind : {Attribute::Naked, Attribute::NoInline, Attribute::NoUnwind,
                    Attribute::NoCfCheck, Attribute::WillReturn})
    F->addFnAttr(Kind);
  F->addRetAttr(Attribute::NonNull);
  F->setUWTableKind(UWTableKind::Async); // for the lines about the frame
  IRBuilder<> B(BasicBlock::Create(Ctx, "", F));
  auto *Ty = FunctionType::get(Type::getVoidTy(Ctx), {Var.getType()}, false);
  B.CreateCall(addressAsm(Ty), {&Var});
  B.CreateUnreachable();
  return F;
}

static GlobalValue *dynamicVariable(const CallInst &Call) {
  Function *Callee = calledFunction(Call);
  if (!Callee || !Callee->getName().starts_with(TlsAddressPrefix))
    return nullptr;
  auto *Var = cast<GlobalValue>(Call.getArgOperand(0)->stripPointerCasts());
  return isDynamic(*Var) ? Var : nullptr;
}

static void callDynamicTls(BasicBlock &Block) {
  SmallDenseMap<GlobalValue *, CallInst *> Known;
  for (Instruction &I : make_early_inc_range(Block)) {
    auto *Call = dyn_cast<CallInst>(&I);
    if (!Call)
      continue;
    GlobalValue *Var = dynamicVariable(*Call);
    if (!Var) {
      if (mayMoveStack(*Call))
        Known.clear();
      continue;
    }
    CallInst *&Address = Known[Var];
    if (!Address) {
      ++NumDynamic;
      IRBuilder<> B(Call);
      Address = B.CreateCall(addressFunction(*Call->getModule(), *Var));
    }
    Call->replaceAllUsesWith(Address);
    Call->eraseFromParent();
  }
}

void callDynamicTls(Function &F) {
  hideThreadLocals(F); // what the optimiser may have added
  for (BasicBlock &Block : F)
    callDynamicTls(Block);
}

} // namespace vine
