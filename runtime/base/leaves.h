// SPDX-License-Identifier: MIT
// The leaves of libc that the program's instrumented code calls on goroutines'
// stacks (LIBC_LEAF and kin of abi/libc.def).
#ifndef VINE_LEAVES_H
#define VINE_LEAVES_H

// Ends the program if one of them isn't libc's but foreign code of the
// program's or of another library: nobody knows how much stack that needs.
// Instrumented definitions keep what libc's promise (pass/OwnLeaf.cpp). Once,
// at start.
void vine__leaves_check(void);

#endif
