// SPDX-License-Identifier: MIT
// fork: the child has one thread, and so one goroutine.
#ifndef VINE_FORK_H
#define VINE_FORK_H

#include <signal.h>
#include <stdbool.h>

void vine__fork_init(void);

// What the handlers of fork do, around a call that makes a child with a copy of
// this process's memory but calls no handlers. Signals are blocked meanwhile.
// Nothing is done before the runtime has started, nor in a signal handler: the
// child of one may do no more than it.
struct vine__forking {
  sigset_t mask;
  bool is_noted;
};
void vine__fork_prepare(struct vine__forking *f);
void vine__fork_parent(const struct vine__forking *f);
// In the child; its goroutine goes on.
void vine__fork_child(const struct vine__forking *f);
// In a child on a stack of its own: no goroutine goes on, the child's thread is
// a plain one.
void vine__fork_child_plain(const struct vine__forking *f);

#endif
