// SPDX-License-Identifier: MIT
// What is still in stdio's buffers when a fatal error ends the program.
#ifndef VINE_LIBC_STDIO_H
#define VINE_LIBC_STDIO_H

// Has fatal errors write what stdout holds. stdio.c tells when.
void vine__stdio_init(void);

#endif
