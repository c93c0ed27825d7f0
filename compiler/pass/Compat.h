// SPDX-License-Identifier: MIT
//
// Where the interfaces of LLVM 16 to 22 differ: one name for each, so that the
// rewrites read the same for all. What a version lacks altogether, such as an
// intrinsic, is left out where it would stand.
#ifndef VINE_PASS_COMPAT_H
#define VINE_PASS_COMPAT_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/CaptureTracking.h"
#include "llvm/CodeGen/TargetRegisterInfo.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Transforms/Utils/Local.h"

namespace vine {
using namespace llvm;

// Calls Visit with each intrinsic and record that describes Local. Up to 18
// there are intrinsics, in 19 both, then records only.
template <typename T> void forEachDebugUser(Value &Local, T Visit) {
#if LLVM_VERSION_MAJOR <= 20
  SmallVector<DbgVariableIntrinsic *, 4> Intrinsics;
#endif
#if LLVM_VERSION_MAJOR <= 18
  findDbgUsers(Intrinsics, &Local);
#else
  SmallVector<DbgVariableRecord *, 4> Records;
#if LLVM_VERSION_MAJOR <= 20
  findDbgUsers(Intrinsics, &Local, &Records);
#else
  findDbgUsers(&Local, Records);
#endif
  for (DbgVariableRecord *R : Records)
    Visit(*R);
#endif
#if LLVM_VERSION_MAJOR <= 20
  for (DbgVariableIntrinsic *I : Intrinsics)
    Visit(*I);
#endif
}

// Is told of the first use that captures a pointer, and then of no more.
class FirstCaptureTracker : public CaptureTracker {
  virtual void found(const Use &U) = 0;

#if LLVM_VERSION_MAJOR <= 20
  bool captured(const Use *U) final {
    found(*U);
    return true;
  }
#else
  Action captured(const Use *U, UseCaptureInfo) final {
    found(*U);
    return Stop;
  }
#endif
};

// The units of which Reg consists: registers overlap if they share one.
inline SmallVector<unsigned, 4> unitsOf(MCRegister Reg,
                                        const TargetRegisterInfo &TRI) {
  SmallVector<unsigned, 4> Units;
#if LLVM_VERSION_MAJOR <= 16
  for (MCRegUnitIterator Unit(Reg, &TRI); Unit.isValid(); ++Unit)
    Units.push_back(*Unit);
#else
  for (auto Unit : TRI.regunits(Reg))
    Units.push_back(unsigned(Unit));
#endif
  return Units;
}

// The option -mllvm -Name; null if LLVM has none by this name.
inline cl::Option *findOption(StringRef Name) {
  auto &Options = cl::getRegisteredOptions();
  auto It = Options.find(Name);
  return It == Options.end() ? nullptr : It->second;
}

} // namespace vine

#endif
