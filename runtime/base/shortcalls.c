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

#define LIBC_ROOM(name)                                                        \
  void *__vine_libc_##name;                                                    \
  WEAK(name);
#include "libc.def"

void *vine__libc_getc, *vine__libc_putc, *vine__libc_fputc, *vine__libc_getchar,
    *vine__libc_putchar;

static bool is_libc(const void *f) {
  return (uintptr_t)f >= load_relaxed(&vine__redirect.lo) &&
         (uintptr_t)f < vine__redirect.end;
}

static void *if_libc(void *f) { return is_libc(f) ? f : (void *)0; }

static void find_all(void) {
#define LIBC_ROOM(name) __vine_libc_##name = if_libc(name);
#include "libc.def"
  vine__libc_fputc = if_libc(fputc);
  vine__libc_getchar = if_libc(getchar);
  vine__libc_putchar = if_libc(putchar);
}

// In a static program everything lies together. There the C library's
// functions are told by names that no program defines.
void vine__short_init(void) {
  bool is_static = is_libc((void *)vine__short_init);
  if (!is_static)
    find_all();
  __vine_libc_malloc = if_libc(__libc_malloc);
  __vine_libc_calloc = if_libc(__libc_calloc);
  __vine_libc_realloc = if_libc(__libc_realloc);
  __vine_libc_free = if_libc(__libc_free);
  vine__libc_getc = if_libc(_IO_getc);
  vine__libc_putc = if_libc(_IO_putc);
}
