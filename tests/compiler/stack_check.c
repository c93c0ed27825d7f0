// SPDX-License-Identifier: MIT
// Instrumented functions carry the magic and, but for small leaves, a check.
// RUN: %vcc -O1 -S %s -o - | %filecheck %s
void f(void);

// CHECK: .quad -4327944540536119722
// CHECK: {{^}}checked:
// CHECK: cmpq %fs:112, %rsp
// CHECK: callq __morestack
void checked(void) { f(); f(); }

// CHECK: .quad -4327944540536119722
// CHECK: {{^}}leaf:
// CHECK-NOT: %fs:112
// CHECK: ret
int leaf(int a, int b) { return a * b + 1; }

// CHECK: .quad -4327944540536119722
// CHECK: {{^}}big:
// CHECK: leaq -{{[0-9]+}}(%rsp), %r11
// CHECK-NEXT: cmpq %fs:112, %r11
void big(char *d, int i) {
  char c[1000];
  __builtin_memcpy(c, d, sizeof c);
  c[i] = 1;
  __builtin_memcpy(d, c, sizeof c);
}
