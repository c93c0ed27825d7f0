// SPDX-License-Identifier: MIT
// "all goroutines are asleep - deadlock!"
#ifndef VINE_DEADLOCK_H
#define VINE_DEADLOCK_H

#include <stdint.h>

struct vine__asleep {
  uint64_t all, waiting;
};

// One look, from the watchdog. Ends the program when nothing can go on.
void vine__deadlock_check(void);

#endif
