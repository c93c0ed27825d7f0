// SPDX-License-Identifier: MIT
//
// The names are abi/libc.def's, and those of pass/Helpers.cpp.
#include "Callees.h"

#include "../pass/Abi.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace vine {

static bool isLeaf(StringRef Name) {
  static const StringSet<> Leaves = {
#define LIBC_LEAF(name) #name,
#define LIBC_LOCATION(name) #name,
#define LIBC_TABLE(name) #name,
#include "../../abi/libc.def"
  };
  return Leaves.contains(Name);
}

Callee classify(const Named &Target) {
  StringRef Name = Target.Symbol;
  if (Target.Here)
    return Target.Here->IsOurs || Name.starts_with("__vine_") ||
                   StringRef(Target.Here->Name).starts_with("__vine_")
               ? Callee::Moves
               : Callee::Unknown;
  if (Name == "__vine_side_alloc" || Name == "__vine_poll" || isLeaf(Name) ||
      isBackendHelper(Name))
    return Callee::Stays;
  bool IsRuntimes = Name.starts_with("__vine_") || Name == "__morestack";
  return IsRuntimes ? Callee::Moves : Callee::Unknown;
}

} // namespace vine
