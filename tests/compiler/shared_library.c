// SPDX-License-Identifier: MIT
// Inside a shared library calls bind to the library's own functions, also
// where the function's name could be interposed.
// RUN: %vcc -O1 -fPIC -S -emit-llvm %s -o - | %filecheck %s
void other(void);
__attribute__((noinline)) void own(void) { other(); other(); }
__attribute__((noinline)) void ownv(int n, ...) { other(); }

// CHECK-LABEL: define{{.*}} @caller
// CHECK: call void @__vine_c_own()
// CHECK: call void (ptr, i32, ...) @__vine_cv_ownv(ptr nest
void caller(void) {
  own();
  ownv(1, 2);
}
