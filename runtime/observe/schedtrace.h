// SPDX-License-Identifier: MIT
// VINEDEBUG=schedtrace=MS.
#ifndef VINE_SCHEDTRACE_H
#define VINE_SCHEDTRACE_H

// Before the watchdog starts.
void vine__schedtrace_init(void);

#endif
