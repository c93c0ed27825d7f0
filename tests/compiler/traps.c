// SPDX-License-Identifier: MIT
// The functions of -ftrap-function= are called as from the source.
// RUN: %vcc -O1 -ftrap-function=report -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O0 -ftrap-function=report -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -ftrap-function=report -c %s -o %t
// RUN: %vcc -O0 -ftrap-function=report -fsanitize=undefined -fsanitize-trap=all -c %s -o %t
// RUN: %vcc -O1 -ftrap-function=report -fsanitize=undefined -fsanitize-trap=all -S -emit-llvm %s -o - | %filecheck --check-prefix=CHECKS %s
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck --check-prefix=NONE %s

// CHECK-LABEL: define{{.*}} @positive
// CHECK-NOT: llvm.trap
// CHECK: call void @__vine_c_report()
// NONE-LABEL: define{{.*}} @positive
// NONE: call void @llvm.trap()
int positive(int x) {
  if (x <= 0)
    __builtin_trap();
  return x;
}

// CHECKS-LABEL: define{{.*}} @quotient
// CHECKS-NOT: llvm.ubsantrap
// CHECKS: call void @__vine_c_report(i8 3)
int quotient(int x, int y) { return x / y; }
