// SPDX-License-Identifier: MIT
// A variable that holds the result of sqrt: the phi of both ways to compute it
// comes before what tells the debugger of the variable.
// RUN: %vcc -g -O2 -fmath-errno -S -emit-llvm %s -o %t.ll && %opt -passes=verify -S %t.ll -o - | %filecheck %s
double sqrt(double);

// CHECK-LABEL: define{{.*}} @root
// CHECK: call double @__vine_c_sqrt(
// CHECK: = phi double
// CHECK-NEXT: dbg{{.*}}value
double root(double x) {
  double r = sqrt(x);
  return r * x;
}
