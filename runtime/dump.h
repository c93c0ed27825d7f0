// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly, or is asked.
#ifndef VINE_DUMP_H
#define VINE_DUMP_H

// All goroutines' tracebacks to standard error, this thread's first.
void vine__dump_all(void);

#endif
