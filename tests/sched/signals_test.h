// SPDX-License-Identifier: MIT
#ifndef VINE_TESTS_SIGNALS_TEST_H
#define VINE_TESTS_SIGNALS_TEST_H

#include <signal.h>
#include <stdbool.h>

// Whether all threads but the caller's that run goroutines block signals.
bool others_block_signals(void);
// The mask of a thread that foreign code creates.
void mask_of_new_thread(sigset_t *set);

#endif
