// SPDX-License-Identifier: MIT
// Where the check stands and what it tells the runtime: before the prologue, and
// behind what must be an entry's first instruction; the call at the end.
// RUN: %vcc -O0 -fcf-protection -S %s -o - | %filecheck %s --check-prefixes=CHECK,BRANCH
// RUN: %vcc -O2 -fcf-protection -S %s -o - | %filecheck %s --check-prefixes=CHECK,BRANCH
// RUN: %vcc -O2 -g -fPIC -fcf-protection -S %s -o - | %filecheck %s --check-prefixes=CHECK,BRANCH
// RUN: %vcc -Oz -S %s -o - | %filecheck %s
// RUN: %vcc -O2 -fpatchable-function-entry=1 -S %s -o - | %filecheck %s --check-prefix=PATCH
// RUN: %vcc -O2 -c %s -o %t.o && %not grep -q split-stack %t.o
#include <stdarg.h>
void f(void *, ...), g(int, int, int, int, int, int, int, int);

// CHECK: {{^}}small:
// BRANCH: endbr64
// CHECK: cmpq %fs:112, %rsp
// CHECK-NEXT: jbe [[SLOW:.LBB[0-9_]+]]
// CHECK-NEXT: [[BODY:.LBB[0-9_]+]]:
// CHECK: pushq %rbp
// CHECK: {{^}}[[SLOW]]:
// CHECK: movl ${{[0-9]+}}, %r10d
// CHECK-NEXT: movl $0, %r11d
// CHECK-NEXT: callq __morestack
// CHECK: jmp [[BODY]]
// CHECK-NEXT: .Lfunc_end
// PATCH: {{^}}small:
// PATCH: nop
// PATCH: cmpq %fs:112, %rsp
void small(void) { f(0), f(0); }

// CHECK: {{^}}large:
// CHECK: leaq -[[FRAME:[0-9]+]](%rsp), %r11
// CHECK-NEXT: cmpq %fs:112, %r11
// CHECK: movl $[[FRAME]], %r10d
// CHECK-NEXT: movl $0, %r11d
void large(void) {
  char a[1000];
  __asm__ volatile("" : "=m"(a));
  f(0), f(0);
  __asm__ volatile("" : : "m"(a));
}

// CHECK: {{^}}arguments:
// CHECK: movl $24, %r11d
// CHECK-NEXT: callq __morestack
int arguments(int a, int b, int c, int d, int e, int x, char y, int z, char t) {
  g(a, b, c, d, e, x, y, z);
  return t;
}

// By value, whatever is used of it.
struct s {
  char c[33];
};
// CHECK: {{^}}by_value:
// CHECK: movl $40, %r11d
// CHECK-NEXT: callq __morestack
void by_value(struct s x) { f(0), f(0); }

// The shadow space of Windows' convention.
// CHECK: {{^}}windows:
// CHECK: movl $32, %r11d
// CHECK-NEXT: callq __morestack
void __attribute__((ms_abi)) windows(int a) { f(0), f(0); }

// The area of a variadic function is the nest parameter.
// CHECK: {{^}}variadic.va:
// CHECK: movq %r10, %rax
// CHECK-NEXT: movl ${{[0-9]+}}, %r10d
// CHECK-NEXT: movl $0, %r11d
// CHECK-NEXT: callq __morestack
// CHECK: movq %rax, %r10
// CHECK: jmp
void variadic(int n, ...) {
  va_list ap;
  va_start(ap, n);
  f(va_arg(ap, void *)), f(va_arg(ap, void *));
  va_end(ap);
}
