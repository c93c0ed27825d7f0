// SPDX-License-Identifier: MIT
// The check doesn't know of arguments pushed at a call, so none are.
// RUN: %vcc -Os -S %s -o - | %filecheck %s
void f(int, int, int, int, int, int, int, int, int);

// CHECK-LABEL: caller:
// CHECK-NOT: pushq $
// CHECK: callq __vine_c_f.80
void caller(void) {
  f(1, 2, 3, 4, 5, 6, 7, 8, 9);
  f(1, 2, 3, 4, 5, 6, 7, 8, 9);
}
