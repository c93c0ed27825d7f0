// SPDX-License-Identifier: MIT
//
// LLVM's own report of -stats is missing from its release builds, which say so
// and print nothing; but they count what is always enabled, and can print it.
// So the pass asks for that: once, at the end, when all its passes have run.
#include "Statistics.h"

#include "Compat.h"

#include "llvm/Support/ManagedStatic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace vine {

// Builds with assertions have these checks as well, and print statistics.
#if LLVM_FORCE_ENABLE_STATS || LLVM_ENABLE_ABI_BREAKING_CHECKS

void printStatisticsAtExit() {}

#else

// -save-stats, which prints nothing, counts without this option.
static cl::Option *optionStats() {
  cl::Option *O = findOption("stats");
  return O && O->getNumOccurrences() ? O : nullptr;
}

namespace {

// llvm_shutdown destroys the newest first: this before LLVM's list of counters.
struct Report {
  ~Report() {
    PrintStatistics(*CreateInfoOutputFile());
    optionStats()->reset(); // or LLVM adds that there are no statistics
  }
};

ManagedStatic<Report> AtExit;

} // namespace

void printStatisticsAtExit() {
  if (!optionStats())
    return;
  (void)GetStatistics(); // LLVM's list comes into being
  (void)*AtExit;
}

#endif

} // namespace vine
