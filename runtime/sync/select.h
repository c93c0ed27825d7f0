// SPDX-License-Identifier: MIT
// What chan.c needs of selects: a waiter that it unlinked may belong to one.
#ifndef VINE_RUNTIME_SELECT_H
#define VINE_RUNTIME_SELECT_H

#include <vine/select.h>

#include <stdbool.h>

struct vine__sudog;

// s, of a select, was unlinked: whether it won its select, so that it is the
// caller's; else another case did. The channel's lock is held.
bool vine__select_try_win(struct vine__sudog *s);

// Ends the select that s won: everything else is unlinked, and the waiter goes
// on. No lock is held.
void vine__select_finish(struct vine__sudog *s, bool ok);

#endif
