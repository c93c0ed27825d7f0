// SPDX-License-Identifier: MIT
//
// Compilations in two steps, with bitcode between: -emit-llvm, and -flto. The
// first makes the early rewrites only, the second all that is missing; for
// -flto that is the linker, lld, with the plugin loaded.
//
// In the second step modules may have been merged, or functions imported, and
// what was foreign must stay so. So the early stage marks each function, with
// what options its file was compiled too. Where a linker optimises, functions
// without a mark become foreign before anything is inlined (fenceForeign), and
// nothing is inlined across the line, in either direction.
//
// Should nobody take the second step, the program must not link: the module
// refers to VINE_UNFINISHED_SYMBOL, which only the late stage takes away.
#include "Abi.h"
#include "Pipeline.h"
#include "Vine.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

static cl::opt<bool> Late("vine-late", cl::init(true),
                          cl::desc("Finish the rewrites in this compilation"));

namespace vine {

// In functions' attributes: compiled by vinecc, with this module's options.
static constexpr const char *OursAttr = "vine-ours";

bool finishesHere() { return Late; }

// Thread-local variables of two files may have one name.
static void separateAddresses(Module &M) {
  std::string Id = getUniqueModuleId(&M);
  for (Function &F : M)
    if (F.getName().starts_with(TlsAddressPrefix))
      F.setName(F.getName() + (Id.empty() ? "$" + M.getSourceFileName() : Id));
}

void leaveToLater(Module &M) {
  if (Late)
    return;
  bool Any = false;
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    Any = true;
    F.addFnAttr(OursAttr);
    recordOptions(F);
  }
  separateAddresses(M);
  if (Any)
    referTo(M, VINE_UNFINISHED_SYMBOL);
}

static void keepOut(CallBase &CB) {
  if (!CB.isInlineAsm() && !isa<IntrinsicInst>(CB))
    CB.setIsNoInline();
}

void fenceForeign(Module &M) {
  for (Function &F : M) {
    if (F.isDeclaration())
      continue;
    if (!F.hasFnAttribute(OursAttr)) {
      F.addFnAttr(ForeignAttr);
      F.removeFnAttr(Attribute::AlwaysInline);
      F.addFnAttr(Attribute::NoInline);
    }
    if (F.hasFnAttribute(ForeignAttr))
      for (Instruction &I : instructions(F))
        if (auto *CB = dyn_cast<CallBase>(&I))
          keepOut(*CB);
  }
}

} // namespace vine
