// SPDX-License-Identifier: MIT
// Included by force into each C file of libvine-tsan.a that isn't itself
// instrumented: gives its memory functions other names, to the assembler, so
// that those which the compiler makes up are renamed too. sanitizer.c says why.
#ifndef VINE_SANITIZER_LIBC_H
#define VINE_SANITIZER_LIBC_H

__asm__(".set memcpy, vine__san_memcpy\n"
        ".set memmove, vine__san_memmove\n"
        ".set memset, vine__san_memset\n");

#endif
