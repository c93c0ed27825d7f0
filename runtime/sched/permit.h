// SPDX-License-Identifier: MIT
// The permits of vine_park and vine_ready.
#ifndef VINE_PERMIT_H
#define VINE_PERMIT_H

// In a forked child: the lock of vine_park is free, whoever had it.
void vine__park_fork_child(void);

#endif
