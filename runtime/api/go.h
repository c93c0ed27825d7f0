// SPDX-License-Identifier: MIT
// include/vine/go.h, as the rest of the runtime sees it.
#ifndef VINE_API_GO_H
#define VINE_API_GO_H

// In a forked child: the lock of vine_park is free, whoever had it.
void vine__park_fork_child(void);

#endif
