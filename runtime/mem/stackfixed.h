// SPDX-License-Identifier: MIT
// Fixed stacks: what stackalloc.c needs to know beyond the public calls.
#ifndef VINE_STACKFIXED_H
#define VINE_STACKFIXED_H

#include "mem/stackalloc.h"

void vine__fixed_read_stats(struct vine__stack_stats *out);
void vine__fixed_fork_prepare(void);
void vine__fixed_fork_parent(void);
void vine__fixed_fork_child(void);

#endif
