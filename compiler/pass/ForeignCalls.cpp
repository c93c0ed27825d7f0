// SPDX-License-Identifier: MIT
//
// Routes every call that may leave instrumented code through something that
// switches to the system stack if it does: section 3 of abi/README.md.
//
// Whether `foo` of another object is instrumented is known when linking. So
// the call goes to the symbol __vine_c_foo. Each object that calls it defines
// it weakly, as a thunk into __vine_foreign; an instrumented definition of
// foo defines it strongly, as an alias of foo. The linker prefers the strong
// one, and a call between instrumented objects is a plain call. The target of
// an indirect call is found out at run time, by the magic before its entry.
// An inline function of C++ is defined by its callers: each calls its own
// definition, by an alias (Entry.cpp), for the linker may keep a foreign one.
//
// Both ways are transparent to the signature. What they need beside the
// target is how many bytes of arguments lie on the stack: in the thunk's name
// where the type fixes it, in %r10 for variadic calls. %r10 is LLVM's `nest`
// register, which no C argument uses, so a leading nest argument sets it.
//
// Designs rejected: a marker symbol tested at each call (two instructions
// and a relocation more on the hot path), rewriting call sites at load time
// (text relocations).
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

VINE_STATISTIC(NumOurs, "Calls within the module");
VINE_STATISTIC(NumExternal, "Calls of other objects, routed by name");
VINE_STATISTIC(NumIndirect, "Calls through pointers, routed at run time");
VINE_STATISTIC(NumLeafCalls, "Calls of leaves and of the runtime, not routed");

namespace vine {

// The linker relaxes it to a lea when foo is near.
static std::string loadTarget(const Function &Callee) {
  return "movq " + asmSymbol(linkerName(Callee)) + "@GOTPCREL(%rip), %r11\n\t";
}

// Of Callee, unless the file is compiled without: its thunks then have names of
// their own, since the linker keeps one of each name.
static Version versionHere(const Function &Callee, bool Redirects) {
  return Redirects ? versionOf(linkerName(Callee)) : Version();
}

static std::string thunkName(const Function &Callee, StringRef Prefix,
                             bool Redirects) {
  StringRef Name = linkerName(Callee);
  bool IsPlain = !Redirects && !versionOf(Name).Name.empty();
  return (Prefix + (IsPlain ? "p_" : "_") + Name).str();
}

static std::string loadVersion(const Version &V, StringRef Register) {
  return ("movq " + V.Name + "@GOTPCREL(%rip), " + Register + "\n\t").str();
}

// malloc and others cost so little that every jump shows. So their thunks make
// the call themselves where the function is the C library's and the stack that
// the caller is on has the room. The guard is 0 on stacks that don't grow, and
// above all addresses where the goroutine is to stop.
static std::string callWithRoom(StringRef Name) {
  std::string Room = std::to_string(VINE_SHORT_BYTES);
  std::string Guard = std::to_string(VINE_TCB_GUARD);
  return ("leaq -" + Room + "(%rsp), %rax\n\t" + "cmpq %fs:" + Guard +
          ", %rax\n\t" + "jbe 1f\n\t" + "movq __vine_libc_" + Name +
          "@GOTPCREL(%rip), %r10\n\t" + "cmpq (%r10), %r11\n\t" + "jne 1f\n\t" +
          "jmpq *%r11\n1:\n\t")
      .str();
}

static Function *thunkForCall(Function &Callee, uint64_t StackBytes,
                              bool Redirects) {
  assert(!Callee.hasLocalLinkage() && "a thunk can't name it");
  std::string Name = thunkName(Callee, "__vine_c", Redirects);
  std::string Asm = loadTarget(Callee), N = std::to_string(StackBytes);
  StringRef Entry;
  Version V = versionHere(Callee, Redirects);
  if (StackBytes != 0)
    Name += "." + N;
  if (!V.Name.empty() && StackBytes == 0) {
    Asm += loadVersion(V, "%r10");
    Entry = V.Entry;
  } else if (V.MayWait) { // arguments on the stack, too
    Asm += "movl $$" + N + ", %eax\n\t" + loadVersion(V, "%r10");
    Entry = "__vine_wait_args";
  } else if (StackBytes == 0) {
    if (needsOnlyRoom(linkerName(Callee)))
      Asm += callWithRoom(linkerName(Callee));
    Entry = foreignEntry(linkerName(Callee));
  } else {
    Asm += "movl $$" + N + ", %r10d\n\t";
    Entry = "__vine_foreign_args";
  }
  return getThunk(*Callee.getParent(), Name, Asm, Entry, &Callee);
}

Function *foreignThunk(Function &Callee) {
  return thunkForCall(Callee, 0, /*Redirects=*/true);
}

// A call without a prototype, or of a variadic function: %r10 is N. A version
// that may wait can be variadic as well and needs N; the others, fcntl's, take
// what is in registers.
static Function *thunkForVariadicCall(Function &Callee, bool Redirects) {
  std::string Asm = loadTarget(Callee);
  StringRef Entry = "__vine_foreign_args";
  Version V = versionHere(Callee, Redirects);
  if (V.MayWait) {
    Asm += loadVersion(V, "%rax");
    Entry = "__vine_wait_variadic";
  } else if (!V.Name.empty()) {
    Asm += loadVersion(V, "%r10");
    Entry = V.Entry;
  }
  return getThunk(*Callee.getParent(),
                  thunkName(Callee, "__vine_cv", Redirects), Asm, Entry,
                  &Callee);
}

static Value *entryForIndirectCall(Module &M, uint64_t StackBytes,
                                   bool IsVariadic) {
  if (StackBytes == 0 && !IsVariadic)
    return runtimeFunction(
               M, "__vine_icall",
               FunctionType::get(Type::getVoidTy(M.getContext()), false))
        .getCallee();
  std::string N = std::to_string(StackBytes);
  return getThunk(M, "__vine_icall_" + N, "movl $$" + N + ", %r11d\n\t",
                  "__vine_icall_args");
}

// CB's attributes with those of its arguments one further.
static AttributeList shiftedAttributes(const CallBase &CB) {
  LLVMContext &Ctx = CB.getContext();
  AttributeList Old = CB.getAttributes();
  SmallVector<AttributeSet, 8> Args = {
      AttributeSet::get(Ctx, AttrBuilder(Ctx).addAttribute(Attribute::Nest))};
  for (unsigned I = 0; I < CB.arg_size(); ++I)
    Args.push_back(Old.getParamAttrs(I));
  return AttributeList::get(Ctx, Old.getFnAttrs(), Old.getRetAttrs(), Args);
}

// Replaces CB by a call of Target that has R10 as a nest argument as well.
static void recallWithR10(CallInst &CB, Value *Target, Value *R10) {
  assert(R10->getType()->isPointerTy() && "nest arguments are pointers");
  FunctionType *Old = CB.getFunctionType();
  SmallVector<Type *, 8> Params = {R10->getType()};
  append_range(Params, Old->params());
  SmallVector<Value *, 8> Args = {R10};
  append_range(Args, CB.args());
  SmallVector<OperandBundleDef, 1> Bundles;
  CB.getOperandBundlesAsDefs(Bundles);
  auto *Ty = FunctionType::get(Old->getReturnType(), Params, Old->isVarArg());
  auto *New = CallInst::Create(Ty, Target, Args, Bundles, "", &CB);
  New->setAttributes(shiftedAttributes(CB));
  New->setCallingConv(CB.getCallingConv());
  // The prototype no longer matches the caller's, as musttail demands; a
  // `tail` call with all its arguments in registers becomes a jump as well.
  New->setTailCallKind(CB.isMustTailCall() ? CallInst::TCK_Tail
                                           : CB.getTailCallKind());
  New->copyMetadata(CB);
  New->takeName(&CB);
  CB.replaceAllUsesWith(New);
  CB.eraseFromParent();
}

static Value *bytesAsPointer(LLVMContext &Ctx, uint64_t Bytes) {
  return ConstantExpr::getIntToPtr(
      ConstantInt::get(Type::getInt64Ty(Ctx), Bytes), PointerType::get(Ctx, 0));
}

static void routeIndirect(CallInst &CB) {
  ++NumIndirect;
  bool IsVariadic = CB.getFunctionType()->isVarArg();
  Value *Entry =
      entryForIndirectCall(*CB.getModule(), stackArgumentBytes(CB), IsVariadic);
  recallWithR10(CB, Entry, CB.getCalledOperand());
}

// What to call in place of Callee if that is certain to be code of ours, or
// null. In a shared library the loader may choose another definition, a foreign
// one perhaps: no certainty, and no alias.
static GlobalValue *ownTarget(GlobalValue &Callee) {
  auto *F = dyn_cast<Function>(Callee.stripPointerCastsAndAliases());
  if (!F || !hasOurEntry(*F))
    return nullptr;
  if (Callee.hasLocalLinkage() ||
      (Callee.isStrongDefinitionForLinker() && Callee.isDSOLocal()))
    return &Callee;
  return entryAlias(Callee);
}

static void routeDefined(CallInst &CB, GlobalValue &Target) {
  ++NumOurs;
  if (cast<FunctionType>(Target.getValueType())->isVarArg())
    recallWithR10(CB, &Target,
                  bytesAsPointer(CB.getContext(), stackArgumentBytes(CB)));
  else
    CB.setCalledOperand(&Target);
}

static void routeExternal(CallInst &CB, Function &Callee) {
  ++NumExternal;
  bool Redirects = redirectsCalls(*CB.getFunction());
  if (!CB.getFunctionType()->isVarArg()) {
    CB.setCalledOperand(
        thunkForCall(Callee, stackArgumentBytes(CB), Redirects));
    return;
  }
  recallWithR10(CB, thunkForVariadicCall(Callee, Redirects),
                bytesAsPointer(CB.getContext(), stackArgumentBytes(CB)));
}

// A goroutine starts in the function that a call would reach.
static void routeStart(CallInst &Go) {
  Value *Start = Go.getArgOperand(0)->stripPointerCasts();
  auto *Symbol = dyn_cast<GlobalValue>(Start);
  if (GlobalValue *Target = Symbol ? ownTarget(*Symbol) : nullptr)
    Go.setArgOperand(0, Target);
}

static void routeCall(CallInst &CB) {
  if (isUnknownReturnsTwice(CB)) // Pin.cpp
    return;
  auto *Symbol =
      dyn_cast<GlobalValue>(CB.getCalledOperand()->stripPointerCasts());
  if (GlobalValue *Target = Symbol ? ownTarget(*Symbol) : nullptr)
    return routeDefined(CB, *Target);
  Function *Callee = calledFunction(CB);
  if (!Callee)
    return routeIndirect(CB);
  StringRef Name = linkerName(*Callee);
  if (Name == "__vine_go_words")
    routeStart(CB);
  if (Name.starts_with(TlsThunkPrefix) ||
      (Callee->isDeclaration() &&
       (Name.starts_with("__vine_") || isLeafName(Name)))) {
    ++NumLeafCalls;
    return;
  }
  if (Callee->hasLocalLinkage())
    return routeIndirect(CB); // no symbol that a shared thunk could name
  routeExternal(CB, *Callee);
}

static bool hasNestArgument(const CallBase &CB) {
  for (unsigned I = 0; I < CB.arg_size(); ++I)
    if (CB.paramHasAttr(I, Attribute::Nest))
      return true;
  return false;
}

void routeCalls(Function &F) {
  SmallVector<CallInst *, 32> Calls;
  for (Instruction &I : instructions(F)) {
    auto *CB = dyn_cast<CallInst>(&I);
    if (!CB || CB->isInlineAsm() || isa<IntrinsicInst>(CB))
      continue;
    if (hasNestArgument(*CB))
      reportError(F, "vine: %r10 (a static chain) can't be passed", CB);
    else
      Calls.push_back(CB);
  }
  for (CallInst *CB : Calls)
    routeCall(*CB);
}

} // namespace vine
