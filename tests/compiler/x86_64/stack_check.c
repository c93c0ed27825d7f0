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

// What is live over assembly that clobbers registers is spilled: too much for
// the room below the guard.
// CHECK: {{^}}clobbers:
// CHECK: cmpq %fs:112, %rsp
static volatile long g[17];
void clobbers(long a, long b, long c, long d) {
  long e = g[0], f = g[1], h = g[2], i = g[3], j = g[4], k = g[5], l = g[6],
       m = g[7];
  __asm__ volatile("" ::: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
                   "r10", "r11", "r12", "r13", "r14", "r15");
  g[0] = a, g[1] = b, g[2] = c, g[3] = d, g[4] = e, g[5] = f, g[6] = h, g[7] = i;
  g[8] = j, g[9] = k, g[10] = l, g[11] = m;
}

// Fewer fit.
// CHECK: {{^}}clobbers_less:
// CHECK-NOT: %fs:112
// CHECK: ret
void clobbers_less(long a, long b) {
  __asm__ volatile("" ::: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
                   "r10", "r11", "r12", "r13", "r14", "r15");
  g[0] = a, g[1] = b;
}

// Other assembly isn't in the way.
// CHECK: {{^}}quiet:
// CHECK-NOT: %fs:112
// CHECK: ret
long quiet(long a) {
  __asm__ volatile("" : "+r"(a) : : "memory", "cc");
  return a;
}

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
