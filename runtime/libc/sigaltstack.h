// SPDX-License-Identifier: MIT
// The program's alternate signal stacks. sigaltstack.c tells how.
#ifndef VINE_LIBC_SIGALTSTACK_H
#define VINE_LIBC_SIGALTSTACK_H

#include <signal.h>
#include <stdbool.h>

struct g;

// The stack that g wants its handlers with SA_ONSTACK to run on. False: none.
bool vine__sigaltstack_of(struct g *g, stack_t *out);

// g goes on where a plain thread began, which had this one.
void vine__sigaltstack_adopt(struct g *g, const stack_t *ss);

#endif
