// SPDX-License-Identifier: MIT
// The other file of inline_test.c that vinecc compiles.
#include "inline.h"

extern inline int c99_inline(int n);

__attribute__((weak)) int overridden(int n) { return -n; }

__attribute__((weak)) CALLED int kept(int n) {
  vine_yield();
  return n ? n + kept(n - 1) : 0;
}
int weak_name(int n) __attribute__((weak, alias("kept")));
int strong_name(int n) __attribute__((alias("kept")));

static int implementation(int n) {
  vine_yield();
  return n + 2;
}
__attribute__((used)) static int (*resolve(void))(int) {
  return implementation;
}
int resolved(int n) __attribute__((ifunc("resolve")));

int calls_from_ours(int n) {
  return local_copy(n) + c99_inline(n) + overridden(n) + kept(n) +
         weak_name(n) + strong_name(n) + resolved(n) + gnu_inline(n) +
         (missing ? missing(n) : 0);
}
