// SPDX-License-Identifier: MIT
// Start and end of the runtime.
#ifndef VINE_INIT_H
#define VINE_INIT_H

#include "sched/sched.h"

void vine__not_running(const char *what);

// Runs `program` as goroutine 1 on this thread. Doesn't return.
void vine__start(int argc, char **argv, char **envp,
                 int (*program)(int, char **, char **));
_Noreturn void vine__main_exit(int status);

// atexit.c: runs what vine_at_exit registered, the last first.
void vine__at_exit_run(void);

// Fatal unless the runtime runs; `what` is the call that needs it.
static inline void vine__check_running(const char *what) {
  if (__builtin_expect(load_acquire(&vine__sched.state) != VINE_RUNNING, 0))
    vine__not_running(what);
}

// dump.c: goroutine tracebacks on fatal errors.
void vine__dump_init(void);

#endif
