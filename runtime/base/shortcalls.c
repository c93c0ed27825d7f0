// SPDX-License-Identifier: MIT
// Which functions are the C library's, and not the program's or those of a
// library before it.
#include "base/shortcalls.h"
#include "base/redirect.h"

#include <stdbool.h>
#include <stdint.h>

// Not pulled into a static program that has others, or doesn't use them.
#define WEAK(name) extern char name[] __attribute__((weak))

WEAK(__libc_malloc);
WEAK(__libc_calloc);
WEAK(__libc_realloc);
WEAK(__libc_free);
WEAK(_IO_getc);
WEAK(_IO_putc);
WEAK(fputc);
WEAK(getchar);
WEAK(putchar);

struct vine__short vine__short;

static bool is_libc(const void *f) {
  return (uintptr_t)f >= load_relaxed(&vine__redirect.lo) &&
         (uintptr_t)f < vine__redirect.end;
}

static void *if_libc(void *f) { return is_libc(f) ? f : (void *)0; }

// In a static program everything lies together. There the C library's
// functions are told by names that no program defines.
void vine__short_init(void) {
  bool is_static = is_libc((void *)vine__short_init);
  vine__short = (struct vine__short){
      .malloc = if_libc(__libc_malloc),
      .calloc = if_libc(__libc_calloc),
      .realloc = if_libc(__libc_realloc),
      .free = if_libc(__libc_free),
      .getc = if_libc(_IO_getc),
      .putc = if_libc(_IO_putc),
      .fputc = is_static ? (void *)0 : if_libc(fputc),
      .getchar = is_static ? (void *)0 : if_libc(getchar),
      .putchar = is_static ? (void *)0 : if_libc(putchar),
  };
}
