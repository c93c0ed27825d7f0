// SPDX-License-Identifier: MIT
// Included by force into each C file of libvine.a: gives its memory functions
// names of its own, to the assembler, so that those which the compiler makes up
// are renamed too. A program may define memcpy and the like, and vinecc compile
// them (memory.S).
#ifndef VINE_OWN_LIBC_H
#define VINE_OWN_LIBC_H

__asm__(".set memcpy, vine__mem_memcpy\n"
        ".set memset, vine__mem_memset\n"
        ".set bcmp, vine__mem_bcmp\n");

#endif
