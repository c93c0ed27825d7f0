// SPDX-License-Identifier: MIT
//
// The symbols by which other objects and the runtime find a module's
// functions: a mark beside main, one alias per function that other
// objects may call, and the ABI version that this object was compiled for.
#include "Abi.h"
#include "Statistics.h"
#include "Vine.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/IR/GlobalAlias.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

VINE_STATISTIC(NumAliases, "Functions that other objects may call");

namespace vine {

// The function that GV's symbol stands for in this object: GV itself, or what
// it is an alias of.
static Function *definedAs(GlobalValue &GV) {
  return dyn_cast<Function>(GV.stripPointerCastsAndAliases());
}

// By this variable the runtime knows that main is to be a goroutine, and the
// linker that the runtime's start is needed (runtime/api/main.c). It is weak
// for programs that objcopy makes of several, with new names for their mains.
void announceMain(Module &M) {
  GlobalValue *Main = M.getNamedValue("main");
  Function *F = Main ? definedAs(*Main) : nullptr;
  if (!F || !isInstrumented(*F) || Main->hasLocalLinkage())
    return;
  Constant *Start =
      M.getOrInsertGlobal("__vine_start_main", Type::getInt8Ty(M.getContext()));
  auto *Mark =
      new GlobalVariable(M, Start->getType(), /*isConstant=*/true,
                         GlobalValue::WeakAnyLinkage, Start, "__vine_has_main");
  Mark->setVisibility(GlobalValue::HiddenVisibility);
  Mark->setDSOLocal(true);
}

// C++ promises that all definitions of an inline function or a template are
// the same, so a caller may take any of them: ours.
static bool isOneOfEqual(const GlobalValue &GV) {
  return GV.hasLinkOnceODRLinkage() || GV.hasWeakODRLinkage();
}

// In code that may be in a shared library the loader chooses the definition.
static bool isReplaceable(const GlobalValue &GV) {
  const Module &M = *GV.getParent();
  return M.getPICLevel() != PICLevel::NotPIC &&
         M.getPIELevel() == PIELevel::Default && !GV.isDSOLocal();
}

static std::string aliasName(const GlobalValue &GV, const Function &F) {
  if (F.isVarArg())
    return ("__vine_cv_" + linkerName(GV)).str();
  std::string Name = ("__vine_c_" + linkerName(GV)).str();
  if (uint64_t N = stackArgumentBytes(F))
    Name += "." + std::to_string(N);
  return Name;
}

// Other weak definitions get no alias: which of them the linker keeps may turn
// out to be a foreign one. Nor do functions of code for shared libraries that
// another module may replace, the program or a preloaded library. Nor main,
// which is called by nearly nobody, and often given another name by objcopy.
GlobalValue *entryAlias(GlobalValue &GV) {
  if (GV.isDeclaration() || GV.hasLocalLinkage() || linkerName(GV) == "main" ||
      !(isOneOfEqual(GV) ||
        (GV.isStrongDefinitionForLinker() && !isReplaceable(GV))))
    return nullptr;
  Function *F = definedAs(GV);
  if (!F || !hasOurEntry(*F))
    return nullptr;
  std::string Name = aliasName(GV, *F);
  if (GlobalValue *Known = F->getParent()->getNamedValue(Name))
    return Known;
  ++NumAliases;
  auto Linkage = isOneOfEqual(GV) ? GlobalValue::LinkOnceODRLinkage
                                  : GlobalValue::ExternalLinkage;
  auto *A = GlobalAlias::create(F->getValueType(), 0, Linkage, Name, F,
                                F->getParent());
  A->setVisibility(GlobalValue::HiddenVisibility);
  A->setDSOLocal(true);
  return A;
}

// An inline function is in a group of sections of which the linker keeps one,
// maybe a foreign object's, which lacks our alias. So ours are groups of their
// own. The functions' names are weak: that both groups define them is fine.
static void separateGroups(Module &M) {
  SmallMapVector<Comdat *, Comdat *, 16> Ours;
  for (Function &F : M)
    if (Comdat *C = F.getComdat())
      if (C->getSelectionKind() == Comdat::Any && isOneOfEqual(F) &&
          hasOurEntry(F))
        Ours[C] = nullptr;
  for (auto &[Old, New] : Ours)
    New = M.getOrInsertComdat(("__vine_g_" + Old->getName()).str());
  for (GlobalObject &GO : M.global_objects())
    if (Comdat *New = Ours.lookup(GO.getComdat()))
      GO.setComdat(New);
}

void defineAliases(Module &M) {
  separateGroups(M);
  for (Function &F : M)
    entryAlias(F);
  SmallVector<GlobalAlias *, 16> Aliases(
      map_range(M.aliases(), [](GlobalAlias &A) { return &A; }));
  for (GlobalAlias *A : Aliases)
    if (!linkerName(*A).starts_with("__vine_"))
      entryAlias(*A);
}

void referTo(Module &M, StringRef Name) {
  Constant *Symbol = M.getOrInsertGlobal(Name, Type::getInt8Ty(M.getContext()));
  auto *Ref =
      new GlobalVariable(M, Symbol->getType(), /*isConstant=*/true,
                         GlobalValue::InternalLinkage, Symbol, AbiReference);
  appendToUsed(M, {Ref});
}

// As long as the functions have no checks, to a symbol that nothing defines:
// MachineHook.cpp. What the early stage has made (LinkTime.cpp) serves.
void referToAbi(Module &M) {
  if (GlobalValue *Early = M.getNamedValue(VINE_UNFINISHED_SYMBOL)) {
    Early->replaceAllUsesWith(M.getOrInsertGlobal(
        VINE_UNCHECKED_SYMBOL, Type::getInt8Ty(M.getContext())));
    Early->eraseFromParent();
  } else if (any_of(M, isInstrumented)) {
    referTo(M, VINE_UNCHECKED_SYMBOL);
  }
}

} // namespace vine
