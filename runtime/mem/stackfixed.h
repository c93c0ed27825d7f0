// SPDX-License-Identifier: MIT
// Fixed stacks, for code that vinecc didn't compile.
#ifndef VINE_STACKFIXED_H
#define VINE_STACKFIXED_H

#include "mem/stackalloc.h"

// `bytes`, 0 meaning VINE_STACK_FIXED_DEFAULT; rounded up to a power of two
// of at least 16 KiB.
bool vine__stack_fixed_alloc(size_t bytes, struct vine__stack *out);
void vine__stack_fixed_free(struct vine__stack s);

// For stackalloc.c.
void vine__fixed_read_stats(struct vine__stack_stats *out);
void vine__fixed_fork_prepare(void);
void vine__fixed_fork_parent(void);
void vine__fixed_fork_child(void);

#endif
