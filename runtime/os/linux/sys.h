// SPDX-License-Identifier: MIT
// The system call behind each of os/'s functions.
#ifndef VINE_LINUX_SYS_H
#define VINE_LINUX_SYS_H

#include "arch/arch.h"

#include <errno.h>
#include <sys/syscall.h>

// The kernel's result, a negative errno value if it failed; errno is what it
// was (OS1).
static inline long sys(long nr, long a, long b, long c, long d, long e,
                       long f) {
  return vine__system_call(nr, a, b, c, d, e, f);
}

// fd under a high number, or as it is when there is none (poller.c).
int vine__linux_move_up(int fd);

// Adds one to an eventfd, which somebody waits for (poller.c).
void vine__linux_add_event(int fd);

#endif
