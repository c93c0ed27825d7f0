// SPDX-License-Identifier: MIT
//
// LLVM's plugin interface ends at the IR: a plugin is asked for passes of the
// optimiser, not of the code generator. But the code generator's passes are
// made by the constructors in a registry that plugins can reach. Each is found
// there by its ID, and one of them suits us: fentry-insert, for -mfentry, comes
// at every -O level and on every target after the prologues, the late
// optimisations and the placement of blocks, and before what looks at the
// code as it will be emitted (CFI, branch tracking, debug locations). So the
// registry gets another constructor for it, which makes a pass that inserts
// the check and then does what the original does.
//
// Should a code generator run without the hook, no function would have a
// check. The pass over the IR makes each module refer to a symbol that nothing
// defines, VINE_UNCHECKED_SYMBOL; the pass over machine code takes that away.
//
// Rejected: the attribute `split-stack`, whose check is the backend's own: it
// leaves a note in each object by which lld and gold rewrite prologues, has no
// frames in early exits' way (no shrink-wrapping), and is there on x86 only.
// Prologue data and inline assembly in the IR: they don't know the frame.
// Rewriting assembly: none is made when clang writes objects.
#include "MachineHook.h"

#include "Abi.h"
#include "Compat.h"

#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/InitializePasses.h"
#include "llvm/PassInfo.h"
#include "llvm/PassRegistry.h"

#include <memory>
#include <mutex>

using namespace llvm;

namespace vine {

namespace {

PassInfo::NormalCtor_t CreateOriginal;

// Makes the functions of a pass that is known as its base class only callable.
struct Opened : MachineFunctionPass {
  using MachineFunctionPass::runOnMachineFunction;
};

bool runPass(MachineFunctionPass &P, MachineFunction &MF) {
  return (P.*&Opened::runOnMachineFunction)(MF);
}

class Hook : public MachineFunctionPass {
public:
  static char ID;
  Hook()
      : MachineFunctionPass(ID), Check(createMachineCheck()),
        Original(static_cast<MachineFunctionPass *>(CreateOriginal())) {}

  StringRef getPassName() const override { return "Vine's stack check"; }

  bool doInitialization(Module &M) override {
    GlobalVariable *Unchecked = M.getNamedGlobal(VINE_UNCHECKED_SYMBOL);
    if (!Unchecked)
      return false;
    Unchecked->replaceAllUsesWith(
        M.getOrInsertGlobal(VINE_ABI_SYMBOL, Unchecked->getValueType()));
    Unchecked->eraseFromParent();
    return true;
  }

  // The original's call of __fentry__ is the first instruction.
  bool runOnMachineFunction(MachineFunction &MF) override {
    bool Checked = runPass(*Check, MF);
    return runPass(*Original, MF) || Checked;
  }

private:
  std::unique_ptr<MachineFunctionPass> Check, Original;
};

char Hook::ID;

Pass *createHook() { return new Hook; }

} // namespace

// The check of a prologue covers the frame as laid out, not what is pushed
// later, so arguments must not be pushed. LLVM's option for that has no
// counterpart in the IR.
static void forbidPushedArguments() {
  const char *Name = "no-x86-call-frame-opt";
  cl::Option *O = findOption(Name);
  if (O && !O->getNumOccurrences())
    O->addOccurrence(0, Name, "true");
}

static void hookOnce() {
  PassRegistry &Registry = *PassRegistry::getPassRegistry();
  initializeCodeGen(Registry);
  auto *Info = const_cast<PassInfo *>(Registry.getPassInfo(&FEntryInserterID));
  assert(Info && Info->getNormalCtor() && "LLVM has fentry-insert no more");
  CreateOriginal = Info->getNormalCtor();
  Info->setNormalCtor(createHook);
  forbidPushedArguments();
}

// A linker builds many code generators, in several threads.
void hookCodeGenerator() {
  static std::once_flag Done;
  std::call_once(Done, hookOnce);
}

} // namespace vine
