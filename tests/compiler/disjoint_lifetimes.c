// SPDX-License-Identifier: MIT
// Locals that are never alive together share memory when optimising.
// RUN: %vcc -O2 -S -emit-llvm %s -o - | %filecheck %s
void take(char *p);

// CHECK-LABEL: define{{.*}} @disjoint
// CHECK: @__vine_side_alloc(i64 112)
void disjoint(int c) {
  if (c) {
    char a[100];
    take(a);
  } else {
    char b[100];
    take(b);
  }
}
