// SPDX-License-Identifier: MIT
//
// What the pass tells about single functions and locals, by LLVM's remarks:
// -Rpass-analysis=vine, or a file by -fsave-optimization-record.
#ifndef VINE_PASS_REMARKS_H
#define VINE_PASS_REMARKS_H

#include "EscapeAnalysis.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/IR/DiagnosticInfo.h"

namespace vine {
using namespace llvm;

using Remark = OptimizationRemarkAnalysis;

// Where At is in the source, or else F. Diagnostics.cpp.
DiagnosticLocation locationOf(const Function &F, const Instruction *At);

// Emits a remark about F that Fill writes. Costs a test of a pointer or two
// where nobody wants remarks: all that takes longer belongs into Fill.
void remark(StringRef Name, const Function &F, DiagnosticLocation Where,
            function_ref<void(Remark &)> Fill);

// A remark about all of F: "function 'f' is <What>: <Reason>". At: where the
// reason is, or null.
void remarkOnFunction(StringRef Name, const Function &F, const Instruction *At,
                      StringRef What, StringRef Reason);

// Says why Local leaves the frame of its function F.
void remarkOnMove(const Function &F, const Value &Local, uint64_t Bytes,
                  const Escape &Why);

} // namespace vine

#endif
