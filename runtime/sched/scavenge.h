// SPDX-License-Identifier: MIT
// When the stacks of parked goroutines shrink and hibernate, and free memory
// goes back to the kernel.
#ifndef VINE_SCAVENGE_H
#define VINE_SCAVENGE_H

#include <stdatomic.h>
#include <stdint.h>

// How long a goroutine must have been parked.
extern _Atomic int64_t vine__shrink_after_ns;
extern _Atomic int64_t vine__hibernate_after_ns;

// Looks at some of the goroutines, and at free memory. The watchdog's thread.
void vine__scavenge(int64_t now_ns);

#endif
