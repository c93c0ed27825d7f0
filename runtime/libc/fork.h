// SPDX-License-Identifier: MIT
// fork: the child has one thread, and so one goroutine.
#ifndef VINE_FORK_H
#define VINE_FORK_H

void vine__fork_init(void);

#endif
