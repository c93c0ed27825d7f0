// SPDX-License-Identifier: MIT
// "all goroutines are asleep - deadlock!"
#ifndef VINE_DEADLOCK_H
#define VINE_DEADLOCK_H

#include "base/atomic.h"
#include "base/export.h"

#include <stdbool.h>
#include <stdint.h>

// What is at work beside the scheduler (net/disk.c): threads of the runtime's
// that run no goroutines, and goroutines that one of them will wake.
extern VINE_HIDDEN _Atomic uint32_t vine__outside_threads,
    vine__outside_waiters;

// One look, from the watchdog or the only thread. Ends the program when nothing
// can go on.
void vine__deadlock_check(void);

// Whether so many threads are all Vine's, main's included.
bool vine__threads_are_ours(uint32_t threads);

// A plain thread is about to wait without limit. In a constructor, before the
// runtime was started, nobody could wake the only thread.
void vine__deadlock_before_start(void);
// In a forked child: nobody is at it.
void vine__deadlock_fork_child(void);

#endif
