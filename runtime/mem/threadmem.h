// SPDX-License-Identifier: MIT
// Memory that the C library asks for while the runtime starts a thread, in
// programs that have a malloc of their own.
#ifndef VINE_THREADMEM_H
#define VINE_THREADMEM_H

#include <stdbool.h>
#include <stddef.h>

// From here to there this thread's allocations are those of pthread_create.
void vine__threadmem_begin(void);
void vine__threadmem_end(void);

// What the pass calls in the program's functions (compiler/pass/OwnMalloc.cpp).
// Any thread, any stack; they need next to none.

// In malloc (1, bytes) and calloc: null, and theirs goes on.
void *__vine_own_alloc(size_t count, size_t bytes);
// In free: whether p was ours; then it is free.
bool __vine_own_free(void *p);
// In realloc: whether p is ours. Then its contents go to `to`, which has room
// for `bytes`, and p is free; if to is null, nothing happens. Returns it.
bool __vine_own_has(const void *p);
void *__vine_own_move(void *to, void *p, size_t bytes);

#endif
