// SPDX-License-Identifier: MIT
// C's ways to define a function in several objects, or none.
#ifndef VINE_TESTS_INLINE_H
#define VINE_TESTS_INLINE_H

#include <vine.h>

#define CALLED __attribute__((noinline))

// One copy in each object.
static CALLED inline int local_copy(int n) {
  vine_yield();
  return n ? n + local_copy(n - 1) : 0;
}

// C99: inline_ours.c has the definition that is called, if it isn't inlined.
CALLED inline int c99_inline(int n) {
  vine_yield();
  return n ? n + c99_inline(n - 1) : 0;
}

// GNU's old meaning: the definition is elsewhere, here in foreign code.
extern inline __attribute__((gnu_inline)) CALLED int gnu_inline(int n) {
  return n + 1;
}

// This object's, unless another has a strong one, here a foreign one.
int overridden(int n);
int kept(int n);
int weak_name(int n);   // alias of kept, overridden by nobody
int strong_name(int n); // alias of kept
int resolved(int n);    // ifunc
int missing(int n) __attribute__((weak));
int calls_from_ours(int n);

#endif
