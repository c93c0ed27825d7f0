// SPDX-License-Identifier: MIT
// VINEDEBUG=schedtrace=MS.
#ifndef VINE_SCHEDTRACE_H
#define VINE_SCHEDTRACE_H

#include <stdint.h>

// From the watchdog, at each of its rounds.
void vine__schedtrace(int64_t now_ns);

#endif
