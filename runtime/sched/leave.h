// SPDX-License-Identifier: MIT
// Programs that go on when main's thread has ended.
#ifndef VINE_LEAVE_H
#define VINE_LEAVE_H

#include "g.h"

enum vine__left {
  VINE_LEFT_NOT,
  VINE_LEFT_BY_EXIT,    // pthread_exit, or cancelled: the end is exit(0)
  VINE_LEFT_BY_SYSCALL, // SYS_exit: the kernel's, without atexit's functions
};

// main's goroutine, which runs on m, ends, and m's thread with it. `status` is
// what SYS_exit was given.
void vine__main_leaves(struct m *m, enum vine__left how, int status);
// Whether it has.
bool vine__main_has_left(void);
// Whether the process's first thread has ended: the kernel counts it still.
bool vine__first_has_left(void);
// No goroutine is left, and no thread but ours: ends the process, soon.
void vine__leave_process(void);
void vine__leave_fork_child(struct m *m);

#endif
