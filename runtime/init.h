// SPDX-License-Identifier: MIT
// Start and end of the runtime.
#ifndef VINE_INIT_H
#define VINE_INIT_H

// Runs `program` as goroutine 1 on this thread. Doesn't return.
void vine__start(int argc, char **argv, char **envp,
                 int (*program)(int, char **, char **));
_Noreturn void vine__main_exit(int status);

// Fatal unless the runtime runs; `what` is the call that needs it.
void vine__check_running(const char *what);

// dump.c: goroutine tracebacks on fatal errors.
void vine__dump_init(void);

#endif
