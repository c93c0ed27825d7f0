// SPDX-License-Identifier: MIT
// What calls that are under way share with each other, and a forked child
// begins anew: its parent's calls go on in the parent only.
#ifndef VINE_SHARED_H
#define VINE_SHARED_H

#include "base/export.h"

#include <signal.h>
#include <stdint.h>
#include <vine/sync.h>

// Of system (calls/system.c).
struct vine__system {
  vine_mutex lock;
  uint32_t running;
  // While that isn't 0: what the program had set.
  struct sigaction old_int, old_quit;
};
extern VINE_HIDDEN struct vine__system vine__system;

// Of those who ask for names (calls/names.c): how many more may at a time.
extern VINE_HIDDEN vine_sem vine__lookups;

void vine__shared_fork_child(void);

#endif
