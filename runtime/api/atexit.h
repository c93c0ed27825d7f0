// SPDX-License-Identifier: MIT
// Functions that run when the program ends.
#ifndef VINE_ATEXIT_H
#define VINE_ATEXIT_H

// Runs what vine_at_exit registered, the last first.
void vine__at_exit_run(void);

#endif
