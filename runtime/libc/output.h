// SPDX-License-Identifier: MIT
// What is still in stdio's buffers when a fatal error ends the program.
#ifndef VINE_LIBC_OUTPUT_H
#define VINE_LIBC_OUTPUT_H

// Has fatal errors write what stdout holds. output.c tells when.
void vine__output_init(void);

#endif
