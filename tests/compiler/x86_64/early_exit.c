// SPDX-License-Identifier: MIT
// An exit that needs no frame makes none.
// RUN: %vcc -O2 -S %s -o - | %filecheck %s
int f(int);

// CHECK: {{^}}early:
// CHECK: cmpl $3, %edi
// CHECK-NEXT: j{{.*}} [[OUT:.LBB[0-9_]+]]
// CHECK: pushq %rbp
// CHECK: popq %rbp
// CHECK: {{^}}[[OUT]]:
// CHECK-NEXT: retq
int early(int x) {
  if (x < 3)
    return 1;
  return f(x) + f(x + 1);
}
