// SPDX-License-Identifier: MIT
// What calls share. shared.h tells of it.

#include "net/shared.h"
#include "base/config.h"

#define NO_LOOKUPS VINE_SEM_INIT(VINE_LOOKUPS_MAX)

struct vine__system vine__system;
vine_sem vine__lookups = NO_LOOKUPS;

void vine__shared_fork_child(void) {
  vine__system = (struct vine__system){0};
  vine__lookups = (vine_sem)NO_LOOKUPS;
}
