// SPDX-License-Identifier: MIT
// The names of calls that held threads (sched/held.h).
#ifndef VINE_OBSERVE_HELD_H
#define VINE_OBSERVE_HELD_H

#include <stddef.h>
#include <stdint.h>
#include <vine/io.h>

size_t vine__held_list(struct vine_io_held *out, size_t room);
uint64_t vine__held_total(void);

#endif
