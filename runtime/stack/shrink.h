// SPDX-License-Identifier: MIT
// When parked goroutines shrink and hibernate, and how many did.
#ifndef VINE_STACKSCAN_H
#define VINE_STACKSCAN_H

#include <stdatomic.h>
#include <stdint.h>

extern _Atomic int64_t vine__shrink_after_ns;
extern _Atomic int64_t vine__hibernate_after_ns;

struct vine__scan_counts {
  _Atomic uint64_t shrinks, hibernations, wakes;
};
extern struct vine__scan_counts vine__scan_counts;

#endif
