// SPDX-License-Identifier: MIT
// VINEDEBUG=fault=1: what the stack allocators share.
#ifndef VINE_STACKFAULT_H
#define VINE_STACKFAULT_H

#include "mem/stackalloc.h"

// A stack in a mapping of its own: [guard page][pages], hi at the very end.
bool vine__fault_alloc(size_t bytes, struct vine__stack *out);
void vine__fault_free(struct vine__stack s);

// Makes a whole mapping inaccessible and keeps it so until
// VINE_STACK_QUARANTINE others came after it; then unmaps it.
void vine__fault_retire(char *base, size_t bytes);

// Whether addr lies in a freed stack that is still in quarantine. Lock-free.
bool vine__stack_is_stale(const void *addr);

size_t vine__fault_count(void);
void vine__fault_fork_prepare(void);
void vine__fault_fork_parent(void);
void vine__fault_fork_child(void);

#endif
