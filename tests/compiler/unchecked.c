// SPDX-License-Identifier: MIT
// A function that calls nothing in machine code, and needs little stack, has no
// check, and the remarks say so. What becomes a call in the code generator
// counts, and so does a call that disappears there if a loop relies on its check.
// RUN: %vcc -O2 -fno-math-errno -Rpass-analysis=vine -S %s -o %t.s 2>&1 | %filecheck %s
// RUN: %filecheck %s --check-prefix=ASM < %t.s
#include <string.h>

// CHECK: unchecked.c:[[@LINE+1]]:1: remark: function 'leaf' is unchecked: it calls nothing and needs little stack
long leaf(long a, long b) { return a * b + 1; }

// Expanded by the code generator.
// CHECK: function 'is_magic' is unchecked
int is_magic(const char *p) { return memcmp(p, "magi", 4) == 0; }

// CHECK-NOT: function 'quotient'
// ASM-LABEL: quotient:
// ASM: %fs:112
// ASM: callq __divti3
__int128 quotient(__int128 x, __int128 y) { return x / y + 1; }

// CHECK-NOT: function 'is_relied'
static int __attribute__((noinline)) is_relied(const char *p) {
  return memcmp(p, "magi", 4) == 0;
}
// CHECK-NOT: remark
// ASM-LABEL: wait:
// ASM-NOT: __vine_poll
// ASM-LABEL: is_relied:
// ASM: %fs:112
// ASM: .Lfunc_end
const char *wait(const char *p) {
  while (!is_relied(p))
    p++;
  return p;
}
