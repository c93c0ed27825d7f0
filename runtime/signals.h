// SPDX-License-Identifier: MIT
// Signal handlers never run on a goroutine's stack.
#ifndef VINE_SIGNALS_H
#define VINE_SIGNALS_H

// If this thread is in a signal handler: brings back the words of the thread
// control block, for a longjmp out of it.
void vine__signal_leave(void);

#endif
