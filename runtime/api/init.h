// SPDX-License-Identifier: MIT
// Start and end of the runtime.
#ifndef VINE_INIT_H
#define VINE_INIT_H

// Runs `program` as goroutine 1 on this thread. Doesn't return.
void vine__start(int argc, char **argv, char **envp,
                 int (*program)(int, char **, char **));

#endif
