// SPDX-License-Identifier: MIT
// vfscanf and vfwscanf themselves: <stdio.h> and <wchar.h> put those of the
// standard in force in their places.
#ifndef VINE_SCAN_LIBC_H
#define VINE_SCAN_LIBC_H

#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

int vine__vfscanf(FILE *f, const char *format, va_list args) __asm__("vfscanf");
int vine__vfwscanf(FILE *f, const wchar_t *format,
                   va_list args) __asm__("vfwscanf");

#endif
