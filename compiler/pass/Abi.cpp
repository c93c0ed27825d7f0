// SPDX-License-Identifier: MIT
//
// Questions about calls and functions, and the few IR shapes that all
// rewrites share. See Abi.h for the contract of each.
#include "Abi.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace vine {

bool isInstrumented(const Function &F) {
  if (F.isDeclaration() || F.hasAvailableExternallyLinkage())
    return false;
  if (F.hasFnAttribute(ForeignAttr) || F.hasFnAttribute(Attribute::Naked))
    return false;
  return F.getCallingConv() != CallingConv::X86_INTR;
}

bool hasOurEntry(const Function &F) {
  return F.isVarArg() ? F.hasFnAttribute(VariadicBodyAttr) : isInstrumented(F);
}

bool isLeafName(StringRef Name) {
  static const StringSet<> Leaves = {
#define LIBC_LEAF(name) #name,
#define LIBC_LOCATION(name) #name,
#define LIBC_TABLE(name) #name,
#include "../../abi/libc.def"
  };
  return Leaves.contains(Name);
}

bool needsOnlyRoom(StringRef Name) {
  return StringSwitch<bool>(Name)
#define LIBC_ROOM(name) .Case(#name, true)
#include "../../abi/libc.def"
      .Default(false);
}

// Where the thunk of a call that is mostly short tries that first, or Default.
static StringRef shortEntry(StringRef Name, StringRef Default) {
  return StringSwitch<StringRef>(Name)
#define LIBC_SHORT(name, to) .Case(#name, #to)
#include "../../abi/libc.def"
      .Default(Default);
}

StringRef foreignEntry(StringRef Name) {
  if (!versionOf(Name).Name.empty()) // its short call goes on to the version
    return "__vine_foreign";
  return StringSwitch<StringRef>(Name)
#define LIBC_LOCK(name, to) .Case(#name, #to)
#include "../../abi/libc.def"
      .Default(shortEntry(Name, "__vine_foreign"));
}

Version versionOf(StringRef Name) {
  Name.consume_front("__real_"); // under the linker's --wrap
  auto V = StringSwitch<Version>(Name)
#define LIBC_WAIT(name, to) .Case(#name, {#to, "__vine_wait", true})
#define LIBC_NOTE(name, to) .Case(#name, {#to, "__vine_note", false})
#include "../../abi/libc.def"
               .Default({});
  V.Entry = shortEntry(Name, V.Entry);
  return V;
}

StringRef linkerName(const GlobalValue &GV) {
  StringRef Name = GV.getName();
  Name.consume_front("\01");
  return Name;
}

std::string asmSymbol(StringRef Name) {
  std::string Quoted = "\"";
  for (char C : Name) {
    if (C == '"' || C == '\\')
      Quoted += '\\';
    if (C == '$')
      Quoted += '$'; // of inline assembly's own syntax
    Quoted += C;
  }
  return Quoted + '"';
}

Function *calledFunction(const CallBase &CB) {
  return dyn_cast<Function>(CB.getCalledOperand()->stripPointerCasts());
}

bool isUnknownReturnsTwice(const CallBase &CB) {
  if (!CB.hasFnAttr(Attribute::ReturnsTwice) || CB.isInlineAsm() ||
      isa<IntrinsicInst>(CB))
    return false;
  const Function *Callee = calledFunction(CB);
  return !Callee || (!linkerName(*Callee).starts_with("__vine_") &&
                     !isInstrumented(*Callee));
}

bool mayMoveStack(const CallBase &CB) {
  if (CB.isInlineAsm() || isa<IntrinsicInst>(CB))
    return false;
  const Function *Callee = calledFunction(CB);
  if (!Callee || !Callee->isDeclaration())
    return true;
  StringRef Name = linkerName(*Callee);
  assert(!Callee->isIntrinsic() && "intrinsics were dealt with");
  return !isLeafName(Name) && !Name.starts_with(TlsAddressPrefix);
}

const CallBase *firstMovingCall(const Function &F) {
  for (const Instruction &I : instructions(F))
    if (auto *CB = dyn_cast<CallBase>(&I); CB && mayMoveStack(*CB))
      return CB;
  return nullptr;
}

bool isUndisturbed(Instruction &From, Instruction &To) {
  if (From.getParent() != To.getParent())
    return false;
  for (Instruction *I = From.getNextNode(); I; I = I->getNextNode()) {
    if (I == &To)
      return true;
    if (auto *CB = dyn_cast<CallBase>(I))
      if (mayMoveStack(*CB))
        return false;
  }
  return false;
}

Instruction *pointOfUse(Use &U) {
  assert(isa<Instruction>(U.getUser()) && "constants are used nowhere");
  auto *I = cast<Instruction>(U.getUser());
  if (auto *Phi = dyn_cast<PHINode>(I))
    return Phi->getIncomingBlock(U)->getTerminator();
  return I;
}

Constant *tcbWord(LLVMContext &Ctx, int Offset) {
  assert(Offset >= 0 && Offset % 8 == 0 && "no word of the thread's block");
  // X86 address space 257 is "relative to %fs".
  return ConstantExpr::getIntToPtr(
      ConstantInt::get(Type::getInt64Ty(Ctx), Offset),
      PointerType::get(Ctx, 257));
}

Value *loadTcb(IRBuilder<> &B, int Offset, const Twine &Name) {
  return B.CreateAlignedLoad(B.getInt64Ty(), tcbWord(B.getContext(), Offset),
                             Align(8), /*isVolatile=*/true, Name);
}

void storeTcb(IRBuilder<> &B, Value *V, int Offset) {
  B.CreateAlignedStore(V, tcbWord(B.getContext(), Offset), Align(8),
                       /*isVolatile=*/true);
}

FunctionCallee runtimeFunction(Module &M, StringRef Name, FunctionType *Ty) {
  FunctionCallee Callee = M.getOrInsertFunction(Name, Ty);
  if (auto *F = dyn_cast<Function>(Callee.getCallee()))
    F->addFnAttr(Attribute::NoUnwind);
  return Callee;
}

// In a shared library not by the PLT: mold's clobbers %r11, which is loaded.
// Objects for programs (-fPIE, which is many clangs' default) end up in such
// libraries, too. Linkers make it a direct jump in programs.
static std::string jumpTo(const Module &M, StringRef Entry) {
  bool MayBeShared = M.getPICLevel() != PICLevel::NotPIC;
  return (MayBeShared ? "jmpq *" + Entry + "@GOTPCREL(%rip)" : "jmp " + Entry)
      .str();
}

void createAsmBody(Function &F, StringRef Load, StringRef Entry,
                   GlobalValue *Named) {
  std::string Asm = Load.str() + jumpTo(*F.getParent(), Entry);
  assert(F.empty() && F.hasFnAttribute(Attribute::Naked) && "has another body");
  LLVMContext &Ctx = F.getContext();
  SmallVector<Value *, 1> Args;
  SmallVector<Type *, 1> Params;
  if (Named) {
    Args.push_back(Named);
    Params.push_back(Named->getType());
  }
  auto *Ty = FunctionType::get(Type::getVoidTy(Ctx), Params, false);
  IRBuilder<> B(BasicBlock::Create(Ctx, "", &F));
  B.CreateCall(InlineAsm::get(Ty, Asm, Named ? "s" : "",
                              /*hasSideEffects=*/true),
               Args);
  B.CreateUnreachable();
}

void moveBody(Function &From, Function &To, unsigned First) {
  assert(To.empty() && "two functions can't have one body");
  To.splice(To.begin(), &From);
  for (unsigned I = 0; I < From.arg_size(); ++I) {
    To.getArg(First + I)->takeName(From.getArg(I));
    From.getArg(I)->replaceAllUsesWith(To.getArg(First + I));
  }
  SmallVector<std::pair<unsigned, MDNode *>, 4> Metadata;
  From.getAllMetadata(Metadata);
  for (auto &[Kind, Node] : Metadata)
    To.addMetadata(Kind, *Node);
  From.clearMetadata();
}

Function *getThunk(Module &M, StringRef Name, StringRef Asm, StringRef Entry,
                   GlobalValue *Named) {
  if (Function *F = M.getFunction(Name)) {
    assert(F->hasFnAttribute(Attribute::Naked) && "a thunk's name is taken");
    return F;
  }
  assert(!M.getNamedValue(Name) && "a definition has an alias, needs no thunk");
  auto *Ty = FunctionType::get(Type::getVoidTy(M.getContext()), false);
  auto *F = Function::Create(Ty, GlobalValue::LinkOnceAnyLinkage, Name, M);
  F->setVisibility(GlobalValue::HiddenVisibility);
  F->setDSOLocal(true);
  F->setComdat(M.getOrInsertComdat(Name));
  for (auto Kind : {Attribute::Naked, Attribute::NoInline, Attribute::NoUnwind,
                    Attribute::NoCfCheck})
    F->addFnAttr(Kind);
  createAsmBody(*F, Asm, Entry, Named);
  return F;
}

// The call directly before Ret whose value, if any, is what Ret returns.
static CallInst *callBefore(ReturnInst &Ret) {
  Instruction *Prev = Ret.getPrevNode();
  while (Prev && (isa<DbgInfoIntrinsic>(Prev) || Prev->isLifetimeStartOrEnd()))
    Prev = Prev->getPrevNode();
  auto *Call = dyn_cast_or_null<CallInst>(Prev);
  if (!Call || (Ret.getReturnValue() && Ret.getReturnValue() != Call))
    return nullptr;
  return Call;
}

Instruction *exitPoint(ReturnInst &Ret) {
  CallInst *Call = callBefore(Ret);
  if (Call && Call->isTailCall() && !isa<IntrinsicInst>(Call))
    return Call;
  return &Ret;
}

bool exitIsMustTail(ReturnInst &Ret) {
  CallInst *Call = callBefore(Ret);
  return Call && Call->isMustTailCall();
}

} // namespace vine
