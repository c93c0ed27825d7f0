// SPDX-License-Identifier: MIT
//
// The program's own functions by the name of one of libc's leaves
// (abi/libc.def): a strnlen in another file, an archive, a shared library.
//
// Who calls a leaf, here or in another object, relies on what is true of
// libc's: it runs on the goroutine's stack, which doesn't move meanwhile, and
// the goroutine stays on its thread. Nothing tells the caller that this name
// leads elsewhere, and the backend makes such calls by itself. So it is the
// definition that keeps the promise. `strnlen` becomes a naked entry
//
//     leaq strnlen.leaf(%rip), %r11
//     movl $N, %r10d                    // bytes of arguments on the stack
//     jmp  __vine_own_leaf
//
// behind which the runtime pins the frames of the goroutine, keeps it on its
// thread, and calls the body, an ordinary instrumented function: if it needs
// more stack it gets a segment. Calls within the module are of the body.
//
// A foreign definition can't be helped. Where one needs stack it overflows, so
// the runtime looks for them at start (runtime/base/leaves.c). For that each
// module lists the leaves that it calls: records of vine_leaves, by way of the
// global offset table, where the linker puts what the call would reach.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;

VINE_STATISTIC(NumOwnLeaves, "Functions by the name of a leaf of libc");

// Off for the runtime, whose own code is no reason to refuse a program.
static cl::opt<bool>
    ListLeaves("vine-list-leaves", cl::init(true), cl::Hidden,
               cl::desc("Have the runtime look who defines libc's leaves"));

namespace vine {

// An internal function with F's body.
static Function *createLeafBody(Function &F) {
  auto *Body = Function::Create(
      F.getFunctionType(), GlobalValue::InternalLinkage, F.getName() + ".leaf");
  F.getParent()->getFunctionList().insertAfter(F.getIterator(), Body);
  Body->copyAttributesFrom(&F);
  Body->setVisibility(GlobalValue::DefaultVisibility);
  Body->setDSOLocal(true);
  Body->setComdat(F.getComdat());
  moveBody(F, *Body, 0);
  return Body;
}

static void makeEntry(Function &F, Function &Body) {
  F.setAttributes(AttributeList());
  for (auto Kind : {Attribute::Naked, Attribute::NoInline, Attribute::NoUnwind})
    F.addFnAttr(Kind);
  F.setPersonalityFn(nullptr);
  keepTypes(F, Body);
  // The runtime looks for the magic of memcpy where it is in nearly all cases
  // (vine__libc_choose): without UBSan's type before the entry.
  F.setMetadata(LLVMContext::MD_func_sanitize, nullptr);
  placeMagic(F);
  createAsmBody(F,
                "leaq " + asmSymbol(linkerName(Body)) +
                    "(%rip), %r11\n\tmovl $$" +
                    std::to_string(stackArgumentBytes(Body)) + ", %r10d\n\t",
                "__vine_own_leaf", &Body);
}

static void callBody(GlobalValue &Name, Function &Body) {
  if (!Name.isStrongDefinitionForLinker() || !Name.isDSOLocal())
    return;
  for (User *U : make_early_inc_range(Name.users()))
    if (auto *CB = dyn_cast<CallBase>(U); CB && CB->getCalledOperand() == &Name)
      CB->setCalledOperand(&Body);
}

static void splitLeaf(Function &F) {
  ++NumOwnLeaves;
  Function *Body = createLeafBody(F);
  makeEntry(F, *Body);
  callBody(F, *Body);
}

// A second name of a function, which goes on to have the first.
static void splitAlias(GlobalAlias &A, Function &Body) {
  ++NumOwnLeaves;
  auto *F = Function::Create(Body.getFunctionType(), A.getLinkage());
  A.getParent()->getFunctionList().push_back(F);
  F->setVisibility(A.getVisibility());
  F->setDSOLocal(A.isDSOLocal());
  F->takeName(&A);
  makeEntry(*F, Body);
  A.replaceAllUsesWith(F);
  A.eraseFromParent();
  callBody(*F, Body);
}

// The linker's --wrap puts __wrap_strlen in the place of strlen.
static bool isOwnLeaf(const GlobalValue &GV, const Function *F) {
  StringRef Name = linkerName(GV);
  Name.consume_front("__wrap_");
  return F && isInstrumented(*F) && !F->isVarArg() && !GV.hasLocalLinkage() &&
         isLeafName(Name);
}

void splitOwnLeaves(Module &M) {
  SmallVector<GlobalAlias *, 4> Aliases;
  for (GlobalAlias &A : M.aliases())
    if (isOwnLeaf(A, dyn_cast_or_null<Function>(A.getAliaseeObject())))
      Aliases.push_back(&A);
  for (GlobalAlias *A : Aliases)
    splitAlias(*A, *cast<Function>(A->getAliaseeObject()));
  SmallVector<Function *, 4> Leaves;
  for (Function &F : M)
    if (isOwnLeaf(F, &F))
      Leaves.push_back(&F);
  for (Function *F : Leaves)
    splitLeaf(*F);
}

// The function of libc that the backend may make of an intrinsic.
static StringRef leafOf(const CallBase &CB) {
  if (isa<MemSetInst>(CB))
    return "memset";
  if (isa<MemMoveInst>(CB))
    return "memmove";
  if (isa<MemCpyInst>(CB))
    return "memcpy";
  const Function *Callee = calledFunction(CB);
  bool IsLeaf = Callee && Callee->isDeclaration() && !Callee->isIntrinsic() &&
                isLeafName(linkerName(*Callee));
  return IsLeaf ? linkerName(*Callee) : StringRef();
}

// { int32_t where the table's entry is, relative to here; char name[28]; }
static std::string recordOf(StringRef Name) {
  assert(Name.size() < VINE_LEAF_RECORD - 4 && "no room for the final zero");
  std::string Label = ("__vine_leaf_" + Name).str();
  return ".pushsection vine_leaves,\"aG\",@progbits," + Label +
         ",comdat\n.p2align 2\n.long " + Name.str() + "@GOTPCREL\n.asciz \"" +
         Name.str() + "\"\n.zero " +
         std::to_string(VINE_LEAF_RECORD - 5 - Name.size()) + "\n.popsection\n";
}

void listLeaves(Module &M) {
  if (!ListLeaves)
    return;
  StringSet<> Known;
  std::string Records;
  for (const Function &F : M) {
    if (!isInstrumented(F))
      continue;
    for (const Instruction &I : instructions(F))
      if (auto *CB = dyn_cast<CallBase>(&I))
        if (StringRef Name = leafOf(*CB);
            !Name.empty() && Known.insert(Name).second)
          Records += recordOf(Name);
  }
  if (!Records.empty())
    M.appendModuleInlineAsm(Records);
}

} // namespace vine
