// SPDX-License-Identifier: MIT
// sqrt is an instruction, and a call only where it sets errno.
// RUN: %vcc -O2 -fmath-errno -S %s -o - | %filecheck %s
double sqrt(double);

// CHECK-LABEL: length:
// CHECK: sqrtsd
// CHECK: ucomisd
// CHECK: callq __vine_c_sqrt
double length(double x, double y) { return sqrt(x * x - y * y) + 1; }
