// SPDX-License-Identifier: MIT
// scanf and its kin, for the characters SCAN_CHAR. stdio.h tells how they wait.
//
// The C library has them under one name for each standard, which say what %a
// means, and which numbers are taken; the newest only in newer versions of it.

#include "arch/scan_libc.h"
#include "net/calls/stdio.h"

typedef int scan(FILE *f, const SCAN_CHAR *format, va_list args);

// Whether a call with that format takes anything.
static bool takes(const SCAN_CHAR *format) {
  while (format[0] == '%' && format[1] == 'n')
    format += 2;
  return *format != 0;
}

static int scan_by(scan *fn, FILE *f, const SCAN_CHAR *format, va_list args) {
  return takes(format) ? VINE_READ(f, EOF, fn(f, format, args))
                       : fn(f, format, args);
}

#define SCAN_REST(fn, f)                                                       \
  va_list args;                                                                \
  va_start(args, format);                                                      \
  int n = scan_by(fn, f, format, args);                                        \
  va_end(args);                                                                \
  return n

// The four of a standard: w is nothing or w.
#define SCANNERS(std, w, fn)                                                   \
  VINE_EXPORT int __vine_wait_##std##vf##w##scanf(                             \
      FILE *f, const SCAN_CHAR *format, va_list args) {                        \
    return scan_by(fn, f, format, args);                                       \
  }                                                                            \
  VINE_EXPORT int __vine_wait_##std##v##w##scanf(const SCAN_CHAR *format,      \
                                                 va_list args) {               \
    return scan_by(fn, stdin, format, args);                                   \
  }                                                                            \
  VINE_EXPORT int __vine_wait_##std##f##w##scanf(                              \
      FILE *f, const SCAN_CHAR *format, ...) {                                 \
    SCAN_REST(fn, f);                                                          \
  }                                                                            \
  VINE_EXPORT int __vine_wait_##std##w##scanf(const SCAN_CHAR *format, ...) {  \
    SCAN_REST(fn, stdin);                                                      \
  }
