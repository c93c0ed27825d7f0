// SPDX-License-Identifier: MIT
// By plain clang: needs stack, and calls back.
#include <string.h>

int foreign_deep(int n, int (*fn)(int)) {
  volatile char pad[256];
  memset((char *)pad, n, sizeof pad);
  return (n == 0 ? fn(1) : foreign_deep(n - 1, fn)) + pad[n % 256] - n;
}

int foreign_call(int (*fn)(void *, const void *), void *a, const void *b) {
  return fn(a, b) + 0;
}
