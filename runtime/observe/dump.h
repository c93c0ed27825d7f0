// SPDX-License-Identifier: MIT
// What is printed of goroutines when the program ends badly.
#ifndef VINE_DUMP_H
#define VINE_DUMP_H

// From now on fatal errors and SIGQUIT print goroutines.
void vine__dump_init(void);

#endif
