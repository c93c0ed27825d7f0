// SPDX-License-Identifier: MIT
// Functions of the program's own by names of libc's leaves, which need stack,
// let others run, and call foreign code. As foreign code, too.
#include "own_leaves.h"

#include <stdio.h>
#include <stdlib.h>

_Atomic int own_calls;

OWN_NOINLINE static size_t count(const char *s, int deep) {
  volatile char pad[200];
  pad[0] = *s;
  if (deep)
    return count(s, deep - 1) + (size_t)(pad[0] - *s);
  size_t n = 0;
  while (s[n])
    n++;
  return n;
}

size_t strnlen(const char *s, size_t max) {
  char text[40];
  own_calls++;
  OWN_YIELD();
  size_t n = count(s, 50);
  snprintf(text, sizeof text, "%zu", n < max ? n : max);
  return strtoul(text, NULL, 10);
}

// Weak, and a second name.
__attribute__((weak)) int ffs(int i) {
  own_calls++;
  OWN_YIELD();
  for (int bit = 0; bit < 32; bit++)
    if ((unsigned)i >> bit & 1)
      return bit + 1 + (int)count("", 20);
  return 0;
}

long own_labs(long n) {
  own_calls++;
  OWN_YIELD();
  return (n < 0 ? -n : n) + (long)count("", 20);
}
long labs(long n) __attribute__((alias("own_labs")));

// Arguments on the stack.
long double fabsl(long double x) {
  own_calls++;
  OWN_YIELD();
  return (x < 0 ? -x : x) + (long double)count("", 20);
}

double fmax(double x, double y) {
  own_calls++;
  return (x > y ? x : y) + (double)count("", 30);
}
