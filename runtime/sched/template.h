// SPDX-License-Identifier: MIT
// The thread whose copies new threads are, where their maker isn't fit for it.
// template.c tells why.
#ifndef VINE_TEMPLATE_H
#define VINE_TEMPLATE_H

#include <stdbool.h>

// Starts the template if there is none yet: the calling thread, which starts
// it, is still as it was made. Does nothing when no thread can be had.
void vine__template_start(void);

// Whether the calling thread runs or keeps a goroutine that has locked it, or
// did to that goroutine's end; and there is a template.
bool vine__template_is_wanted(void);

// vine__thread_create by the template: waits until it has done so.
int vine__template_create(void *(*fn)(void *), void *arg);

// 1 if there is a template thread, else 0.
unsigned vine__template_count(void);

// Ends it, and waits for that to begin.
void vine__template_end(void);
void vine__template_fork_child(void);

#endif
