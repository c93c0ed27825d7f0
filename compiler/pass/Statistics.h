// SPDX-License-Identifier: MIT
//
// Counters of what the rewrites did, for -mllvm -stats and -save-stats. Each
// file has those of its rewrite.
#ifndef VINE_PASS_STATISTICS_H
#define VINE_PASS_STATISTICS_H

#include "llvm/ADT/Statistic.h"

// Like LLVM's STATISTIC, which counts only where NDEBUG isn't defined, and
// needs a DEBUG_TYPE, which some of LLVM's headers undefine.
#define VINE_STATISTIC(NAME, DESCRIPTION)                                      \
  static llvm::TrackingStatistic NAME = {"vine", #NAME, DESCRIPTION}

namespace vine {

// Has the counters printed when the compiler ends, if -stats asks for it.
void printStatisticsAtExit();

} // namespace vine

#endif
