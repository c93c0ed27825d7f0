// SPDX-License-Identifier: MIT
// The foreign definitions of inline_test.c: more stack than a goroutine has.
static int deep(int n) {
  volatile char frame[200000];
  for (unsigned i = 0; i < sizeof frame; i += 1000)
    frame[i] = 1;
  return n + frame[1000];
}

int overridden(int n) { return deep(n); }
int gnu_inline(int n) { return deep(n); }
