// SPDX-License-Identifier: MIT
//
// Which functions the pass leaves alone. A foreign function runs on the
// thread's system stack, or on a fixed one; it has no magic before its entry,
// so every caller finds out.
//
//  - VINE_FOREIGN, which is __attribute__((annotate("vine_foreign"))): clang
//    keeps annotations in the table @llvm.global.annotations.
//  - Functions under a sanitizer: its shadow of a frame doesn't move with the
//    frame. vinecc compiles such files for fixed stacks anyway (Pipeline.cpp);
//    this is for whoever runs the pass in another way.
//  - ifunc resolvers: they run in the dynamic linker, before relocation of
//    the words that the magic test and the checks read.
//  - Variadic functions that forward their arguments by musttail: C++ thunks.
//  - Naked functions and interrupt handlers: they have no frame, or not ours.
//  - Functions that call assembly which changes stacks: a coroutine switch, or
//    one that makes its caller's alloca its stack, as libffi's ffi_call. What
//    they do is right on the stack that foreign calls have. The assembly is
//    found in this module (at file scope, or in a naked function), or by name.
//
// A foreign function must not be inlined into an instrumented one: that would
// put its calls and its locals onto the growable stack after all.
#include "Abi.h"
#include "Remarks.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

VINE_STATISTIC(NumForeign, "Functions left foreign");

namespace vine {

static void markForeign(Function &F, const char *Reason) {
  if (F.isDeclaration() || F.hasFnAttribute(ForeignAttr))
    return;
  ++NumForeign;
  remarkOnFunction("FunctionForeign", F, nullptr, "foreign", Reason);
  F.addFnAttr(ForeignAttr);
  F.removeFnAttr(Attribute::AlwaysInline);
  F.addFnAttr(Attribute::NoInline);
}

// An entry of the table is { function, string, file, line, arguments }.
static void markAnnotated(Module &M) {
  auto *Table = M.getNamedGlobal("llvm.global.annotations");
  if (!Table || !Table->hasInitializer())
    return;
  auto *Entries = dyn_cast<ConstantArray>(Table->getInitializer());
  if (!Entries)
    return;
  for (Value *Entry : Entries->operands()) {
    auto *Fields = cast<ConstantStruct>(Entry);
    auto *F = dyn_cast<Function>(Fields->getOperand(0)->stripPointerCasts());
    auto *Text =
        dyn_cast<GlobalVariable>(Fields->getOperand(1)->stripPointerCasts());
    if (!F || !Text || !Text->hasInitializer())
      continue;
    auto *Data = dyn_cast<ConstantDataArray>(Text->getInitializer());
    if (Data && Data->isCString() && Data->getAsCString() == "vine_foreign")
      markForeign(*F, "it is marked VINE_FOREIGN");
  }
}

static bool isSanitized(const Function &F) {
  for (auto Kind : {Attribute::SanitizeAddress, Attribute::SanitizeHWAddress,
                    Attribute::SanitizeThread, Attribute::SanitizeMemory})
    if (F.hasFnAttribute(Kind))
      return true;
  return false;
}

static bool forwardsVariadicArguments(const Function &F) {
  return F.isVarArg() && any_of(instructions(F), [](const Instruction &I) {
           auto *Call = dyn_cast<CallInst>(&I);
           return Call && Call->isMustTailCall();
         });
}

// What F is that makes it foreign, or null.
static const char *whyForeign(const Function &F) {
  if (F.hasFnAttribute(Attribute::Naked))
    return "it is naked";
  if (F.getCallingConv() == CallingConv::X86_INTR)
    return "it is an interrupt handler";
  if (isSanitized(F))
    return "a sanitizer instruments it";
  if (forwardsVariadicArguments(F))
    return "it passes its variable arguments on by a jump";
  return nullptr;
}

// Whether some line of Text loads the stack pointer with something new: not
// from the frame pointer, as functions do at their end.
static bool changesStack(StringRef Text) {
  for (size_t End; !Text.empty(); Text = Text.substr(End).drop_front()) {
    End = std::min(Text.find_first_of("\n;"), Text.size() - 1);
    StringRef Line = Text.take_front(End + 1).trim(" \t\n;");
    if (!Line.consume_front("mov") || !Line.consume_back("%rsp"))
      continue;
    Line = Line.rtrim(" \t");
    if (!Line.consume_back(","))
      continue;
    Line = Line.rtrim(" \t");
    if (Line.contains('%') && !Line.ends_with("%rbp"))
      return true;
  }
  return false;
}

// The part of assembly at file scope that begins with Name's label, up to the
// next global one.
static StringRef textOfLabel(StringRef Asm, StringRef Name) {
  std::string Label = (Name + ":").str();
  for (size_t At = Asm.find(Label); At != StringRef::npos;
       At = Asm.find(Label, At + 1))
    if (At == 0 || StringRef("\n;\t ").contains(Asm[At - 1])) {
      StringRef Text = Asm.substr(At + Label.size());
      return Text.substr(0, Text.find(".globl"));
    }
  return "";
}

static bool isStackSwitch(const Function &F, StringRef FileAsm) {
  if (F.doesNotReturn() || F.hasFnAttribute(Attribute::ReturnsTwice))
    return false;
  // libffi: in a file of its own.
  if (F.isDeclaration())
    return StringSwitch<bool>(linkerName(F))
        .Cases("ffi_call_unix64", "ffi_call_win64", "ffi_call_efi64", true)
        .Default(changesStack(textOfLabel(FileAsm, linkerName(F))));
  if (!F.hasFnAttribute(Attribute::Naked))
    return false;
  return any_of(instructions(F), [](const Instruction &I) {
    auto *CB = dyn_cast<CallBase>(&I);
    return CB && CB->isInlineAsm() &&
           changesStack(std::string(
               cast<InlineAsm>(CB->getCalledOperand())->getAsmString()));
  });
}

static void markCallersOfSwitches(Module &M) {
  for (Function &F : M)
    if (isStackSwitch(F, M.getModuleInlineAsm()))
      for (User *U : F.users())
        if (auto *CB = dyn_cast<CallBase>(U);
            CB && CB->getCalledOperand() == &F &&
            CB->getFunction()->getName() != "main")
          markForeign(*CB->getFunction(), "it calls a stack switch");
}

void markForeignFunctions(Module &M) {
  markAnnotated(M);
  markCallersOfSwitches(M);
  for (GlobalIFunc &I : M.ifuncs())
    if (auto *F = const_cast<Function *>(I.getResolverFunction()))
      markForeign(*F, "it resolves an ifunc");
  for (Function &F : M)
    if (const char *Reason = whyForeign(F))
      markForeign(F, Reason);
}

} // namespace vine
