// SPDX-License-Identifier: MIT
//
// Keeps addresses that belong to the thread from surviving a call: a goroutine
// may come back from any call on another thread (abi/README.md section 7).
//
// To C compilers the address of `_Thread_local int x` is a constant of the
// function, and so is errno's: they compute it once and keep it in a
// callee-saved register. Neither clang nor gcc has a switch against that (llvm
// 98479); MSVC has /GT.
//
// Early, before the optimiser: llvm.threadlocal.address becomes a call of the
// opaque __vine_tls_addr.x, which pretends to write memory nobody can see, so
// that it is neither merged nor hoisted. The address is computed where it is
// used and not where clang names it: in `tls[f()] = 1` that is after the call.
// A pointer that the program itself stores keeps its meaning: it points to
// the variable of the thread that took the address.
//
// Late: plain loads and stores that still stand beside their address become
// %fs-relative ones, whose offset is the same in all threads and may be kept
// anywhere:
//
//     movq x@GOTTPOFF(%rip), %rax      // the linker makes this a constant
//     movl %fs:(%rax), %ecx
//
// Everything else gets the full address from volatile assembly, because the
// backend would merge its own `movq %fs:0` across calls again.
//
// Variables of shared libraries, by -fPIC, are DynamicTls.cpp's before.
//
// Rejected: marking accesses volatile (doesn't stop the address from being
// kept); the general-dynamic model where it isn't needed (__tls_get_addr is a
// foreign call).
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/ModRef.h"

using namespace llvm;

VINE_STATISTIC(NumRelative, "Thread-local addresses folded into accesses");
VINE_STATISTIC(NumAddresses, "Thread-local addresses computed in full");

namespace vine {

// ---------------------------------------------------------------- errno & co

// A call that the optimiser may neither merge with another nor move across
// one, but that is otherwise harmless.
static MemoryEffects invisibleWrite() {
  return MemoryEffects::inaccessibleMemOnly();
}

// glibc declares these __attribute__((const)), which is true of a thread.
static constexpr StringRef Locations[] = {
#define LIBC_LOCATION(name) #name,
#define LIBC_TABLE(name) #name,
#include "../../abi/libc.def"
};

void forbidCachedLocations(Module &M) {
  for (StringRef Name : Locations) {
    Function *F = M.getFunction(Name);
    if (!F)
      continue;
    F->setMemoryEffects(invisibleWrite());
    F->removeFnAttr(Attribute::Speculatable);
    for (User *U : F->users())
      if (auto *CB = dyn_cast<CallBase>(U))
        CB->removeFnAttr(Attribute::Memory);
  }
}

// --------------------------------------------------------------------- early

static bool isTlsAddress(const Function *Callee) {
  return Callee && Callee->getName().starts_with(TlsAddressPrefix);
}

// ptr __vine_tls_addr.x(ptr x). If two variables had one function, its calls in
// two branches might be made one, of an address that is chosen before.
static FunctionCallee tlsAddressFunction(Module &M, const GlobalValue &Var) {
  auto *Ptr = PointerType::get(M.getContext(), 0);
  FunctionCallee Callee =
      runtimeFunction(M, (TlsAddressPrefix + Var.getName()).str(),
                      FunctionType::get(Ptr, {Ptr}, false));
  auto *F = cast<Function>(Callee.getCallee());
  F->setMemoryEffects(invisibleWrite());
  F->addFnAttr(Attribute::WillReturn);
  F->addRetAttr(Attribute::NonNull);
  return Callee;
}

static Value *emitAddress(IRBuilder<> &B, GlobalValue &Var) {
  assert(Var.isThreadLocal() && "others need no hiding");
  Module &M = *B.GetInsertBlock()->getModule();
  CallInst *Call = B.CreateCall(tlsAddressFunction(M, Var), {&Var});
  if (auto *GV = dyn_cast<GlobalVariable>(&Var))
    if (MaybeAlign A = GV->getAlign())
      Call->addRetAttr(Attribute::getWithAlignment(B.getContext(), *A));
  return Call;
}

// The address of Var followed through Chain, innermost GEP last.
static Value *emitChain(IRBuilder<> &B, GlobalValue &Var,
                        ArrayRef<GetElementPtrInst *> Chain) {
  Value *Address = emitAddress(B, Var);
  for (GetElementPtrInst *GEP : Chain) {
    Instruction *Clone = GEP->clone();
    Clone->setOperand(GEP->getPointerOperandIndex(), Address);
    Address = B.Insert(Clone);
  }
  return Address;
}

// Computes the address anew before each use of Address, through GEPs.
static void rematerialise(Instruction &Address, GlobalValue &Var,
                          SmallVectorImpl<GetElementPtrInst *> &Chain) {
  SmallVector<Use *, 8> Uses;
  for (Use &U : Address.uses())
    Uses.push_back(&U);
  SmallDenseMap<std::pair<User *, BasicBlock *>, Value *> ForPhi;
  for (Use *U : Uses) {
    auto *GEP = dyn_cast<GetElementPtrInst>(U->getUser());
    if (GEP && U->getOperandNo() == GEP->getPointerOperandIndex() &&
        !GEP->getType()->isVectorTy()) {
      Chain.push_back(GEP);
      rematerialise(*GEP, Var, Chain);
      Chain.pop_back();
      continue;
    }
    IRBuilder<> B(pointOfUse(*U));
    auto *Phi = dyn_cast<PHINode>(U->getUser());
    if (!Phi) {
      U->set(emitChain(B, Var, Chain));
      continue;
    }
    Value *&Known = ForPhi[{Phi, Phi->getIncomingBlock(*U)}];
    if (!Known)
      Known = emitChain(B, Var, Chain);
    U->set(Known);
  }
  Address.eraseFromParent();
}

// The thread-local variable that constant C is an address in, if any, with
// the offset.
static GlobalValue *threadLocalBase(Value *V, const DataLayout &DL,
                                    APInt &Offset) {
  auto *C = dyn_cast<Constant>(V);
  if (!C || !C->getType()->isPointerTy())
    return nullptr;
  Offset = APInt(DL.getIndexTypeSizeInBits(C->getType()), 0);
  Value *Base = C->stripAndAccumulateConstantOffsets(DL, Offset,
                                                     /*AllowNonInbounds=*/true);
  auto *GV = dyn_cast<GlobalValue>(Base);
  return GV && GV->isThreadLocal() ? GV : nullptr;
}

// clang goes through llvm.threadlocal.address; hand-written IR needn't.
static void hideDirectUses(Instruction &I, const DataLayout &DL) {
  if (auto *CB = dyn_cast<CallBase>(&I))
    if (isTlsAddress(calledFunction(*CB)))
      return;
  for (Use &U : I.operands()) {
    APInt Offset;
    GlobalValue *Var = threadLocalBase(U.get(), DL, Offset);
    if (!Var)
      continue;
    IRBuilder<> B(pointOfUse(U));
    Value *Address = emitAddress(B, *Var);
    if (!Offset.isZero())
      Address =
          B.CreateConstGEP1_64(B.getInt8Ty(), Address, Offset.getSExtValue());
    U.set(Address);
  }
}

void hideThreadLocals(Function &F) {
  const DataLayout &DL = F.getParent()->getDataLayout();
  SmallVector<IntrinsicInst *, 8> Addresses;
  SmallVector<Instruction *, 64> Others;
  for (Instruction &I : instructions(F)) {
    auto *II = dyn_cast<IntrinsicInst>(&I);
    if (II && II->getIntrinsicID() == Intrinsic::threadlocal_address)
      Addresses.push_back(II);
    else
      Others.push_back(&I);
  }
  for (Instruction *I : Others)
    hideDirectUses(*I, DL);
  for (IntrinsicInst *II : Addresses) {
    auto *Var = dyn_cast<GlobalValue>(II->getArgOperand(0));
    if (!Var)
      continue;
    SmallVector<GetElementPtrInst *, 4> Chain;
    rematerialise(*II, *Var, Chain);
  }
}

// ---------------------------------------------------------------------- late

// Collects the GEPs and accesses that Address flows to, users first in Geps'
// reverse order. False if it flows anywhere else.
static bool collectAccesses(Instruction &Address, Instruction &Root,
                            SmallVectorImpl<GetElementPtrInst *> &Geps,
                            SmallVectorImpl<Instruction *> &Accesses) {
  for (Use &U : Address.uses()) {
    auto *I = cast<Instruction>(U.getUser());
    if (auto *GEP = dyn_cast<GetElementPtrInst>(I)) {
      if (GEP->getType()->isVectorTy() || U.getOperandNo() != 0)
        return false;
      Geps.push_back(GEP);
      if (!collectAccesses(*GEP, Root, Geps, Accesses))
        return false;
      continue;
    }
    bool IsAccess = (isa<LoadInst>(I)) ||
                    (isa<StoreInst>(I) &&
                     U.getOperandNo() == StoreInst::getPointerOperandIndex());
    if (!IsAccess || !isUndisturbed(Root, *I))
      return false;
    Accesses.push_back(I);
  }
  return true;
}

// x's offset from the thread pointer: the same for every thread, so this
// assembly may be merged and hoisted.
static Value *emitOffset(IRBuilder<> &B, Value *Var) {
  auto *Ty = FunctionType::get(B.getInt64Ty(), {Var->getType()}, false);
  auto *Asm = InlineAsm::get(Ty, "movq ${1:P}@GOTTPOFF(%rip), $0", "=r,s",
                             /*hasSideEffects=*/false);
  CallInst *Call = B.CreateCall(Asm, {Var});
  Call->setDoesNotAccessMemory();
  Call->setDoesNotThrow();
  return Call;
}

static Value *emitVolatileAddress(IRBuilder<> &B, Value *Var) {
  auto *Ty = FunctionType::get(B.getPtrTy(), {Var->getType()}, false);
  auto *Asm =
      InlineAsm::get(Ty, "movq ${1:P}@GOTTPOFF(%rip), $0\n\taddq %fs:0, $0",
                     "=r,s,~{flags}", /*hasSideEffects=*/true);
  CallInst *Call = B.CreateCall(Asm, {Var});
  Call->setDoesNotThrow();
  return Call;
}

// Re-creates GEP with a %fs-relative base.
static Value *relativeGep(GetElementPtrInst &GEP, Value *Base) {
  SmallVector<Value *, 4> Indices(GEP.indices());
  auto *New = GetElementPtrInst::Create(GEP.getSourceElementType(), Base,
                                        Indices, "", &GEP);
  New->setDebugLoc(GEP.getDebugLoc());
  return New;
}

// The offsets that a block has loaded since its last call. Keeping one across
// a call would be right, but costs a register that loading it again doesn't.
using KnownOffsets = DenseMap<std::pair<BasicBlock *, Value *>, Value *>;

static bool lowerToRelativeAccesses(CallInst &Address, KnownOffsets &Known) {
  assert(isTlsAddress(calledFunction(Address)) && "not hidden before");
  SmallVector<GetElementPtrInst *, 4> Geps;
  SmallVector<Instruction *, 4> Accesses;
  if (!collectAccesses(Address, Address, Geps, Accesses))
    return false;
  IRBuilder<> B(&Address);
  DenseMap<Value *, Value *> Relative;
  Value *Var = Address.getArgOperand(0);
  Value *&Base = Known[{Address.getParent(), Var}];
  if (!Base || !isUndisturbed(*cast<Instruction>(Base), Address))
    Base = B.CreateIntToPtr(emitOffset(B, Var),
                            PointerType::get(B.getContext(), 257));
  Relative[&Address] = Base;
  // A GEP is collected after the one it is based on.
  for (GetElementPtrInst *GEP : Geps)
    Relative[GEP] = relativeGep(*GEP, Relative[GEP->getPointerOperand()]);
  for (Instruction *I : Accesses) {
    unsigned Op = isa<LoadInst>(I) ? LoadInst::getPointerOperandIndex()
                                   : StoreInst::getPointerOperandIndex();
    I->setOperand(Op, Relative[I->getOperand(Op)]);
  }
  for (GetElementPtrInst *GEP : reverse(Geps))
    GEP->eraseFromParent();
  Address.eraseFromParent();
  return true;
}

static void lowerThreadPointer(IntrinsicInst &II) {
  IRBuilder<> B(&II);
  auto *Ty = FunctionType::get(II.getType(), false);
  auto *Asm = InlineAsm::get(Ty, "movq %fs:0, $0", "=r",
                             /*hasSideEffects=*/true);
  II.replaceAllUsesWith(B.CreateCall(Asm));
  II.eraseFromParent();
}

void lowerThreadLocals(Function &F) {
  hideThreadLocals(F); // what the optimiser may have added
  SmallVector<CallInst *, 8> Addresses;
  for (Instruction &I : make_early_inc_range(instructions(F))) {
    auto *Call = dyn_cast<CallInst>(&I);
    if (!Call)
      continue;
    Function *Callee = calledFunction(*Call);
    if (isTlsAddress(Callee))
      Addresses.push_back(Call);
    else if (Callee && Callee->getIntrinsicID() == Intrinsic::thread_pointer)
      lowerThreadPointer(cast<IntrinsicInst>(I));
  }
  KnownOffsets Known;
  for (CallInst *Call : Addresses) {
    if (Call->use_empty()) {
      Call->eraseFromParent();
      continue;
    }
    if (lowerToRelativeAccesses(*Call, Known)) {
      ++NumRelative;
      continue;
    }
    ++NumAddresses;
    IRBuilder<> B(Call);
    Call->replaceAllUsesWith(emitVolatileAddress(B, Call->getArgOperand(0)));
    Call->eraseFromParent();
  }
}

// ---------------------------------------------------------------- sanitizers

// Whether I is the address of something of this thread's, after lowering.
static bool isThreadLocalAddress(const Instruction &I) {
  auto *Call = dyn_cast<CallInst>(&I);
  if (!Call)
    return false;
  if (auto *Asm = dyn_cast<InlineAsm>(Call->getCalledOperand()))
    return StringRef(Asm->getAsmString()).contains("addq %fs:0");
  const Function *Callee = calledFunction(*Call);
  return Callee && (is_contained(Locations, Callee->getName()) ||
                    Callee->getName().starts_with(TlsThunkPrefix));
}

static void exemptAccesses(Instruction &Address) {
  for (User *U : Address.users()) {
    auto *I = dyn_cast<Instruction>(U);
    if (I && isa<GetElementPtrInst>(I))
      exemptAccesses(*I);
    else if (I && getLoadStorePointerOperand(I) == &Address)
      I->setMetadata(LLVMContext::MD_nosanitize,
                     MDNode::get(I->getContext(), {}));
  }
}

// Two goroutines that use one thread's errno, one after the other, would be a
// race to ThreadSanitizer, since nothing orders them; but the thread does.
// (The accesses relative to %fs are none that sanitizers look at.)
void exemptThreadLocals(Function &F) {
  for (Instruction &I : instructions(F))
    if (isThreadLocalAddress(I))
      exemptAccesses(I);
}

} // namespace vine
