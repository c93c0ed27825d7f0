// SPDX-License-Identifier: MIT
// Starting goroutines: what vine_spawn, timers and contexts share.
#ifndef VINE_SPAWN_H
#define VINE_SPAWN_H

#include "sched/proc.h"

// This thread's M if it has a P to use: in a goroutine's call, or a timer's.
static inline struct m *vine__own_m(void) {
  return vine__own_p() ? vine__getm() : NULL;
}

// Makes a goroutine and queues it, to run next. 0, or -ENOMEM. Any thread;
// doesn't block.
int vine__spawn_new(const struct vine__newproc *np);

// The same for fn(arg), on the kind of stack that fn needs: of at most
// `max_stack` bytes if it grows, of `stack_bytes` if not; 0 is the usual for
// either. Fatal unless the runtime runs.
int vine__spawn_with(void (*fn)(void *), void *arg, uint64_t max_stack,
                     size_t stack_bytes);

static inline int vine__spawn(void (*fn)(void *), void *arg) {
  return vine__spawn_with(fn, arg, 0, 0);
}

// With a signal mask that isn't its maker's: the number that
// vine__mask_of_child gave earlier.
int vine__spawn_as(void (*fn)(void *), void *arg, uint16_t mask);

#endif
