// SPDX-License-Identifier: MIT
// Inside a shared library calls go to the definition that the loader chose, where
// the function can be interposed: by the thunk. Others are called directly.
// RUN: %vcc -O1 -fPIC -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -fPIC -fno-semantic-interposition -S -emit-llvm %s -o - | %filecheck --check-prefix=DIRECT %s
void other(void);
__attribute__((noinline)) void own(void) { other(); other(); }
__attribute__((noinline)) void ownv(int n, ...) { other(); }
__attribute__((noinline, visibility("hidden"))) void hidden(void) {
  other();
  other();
}

// CHECK-LABEL: define{{.*}} @caller
// CHECK: call void @__vine_c_own()
// CHECK: call void (ptr, i32, ...) @__vine_cv_ownv(ptr nest
// CHECK: call void @hidden()
// CHECK: define linkonce hidden void @__vine_c_own()
// CHECK: own\22@GOTPCREL
// CHECK: define linkonce hidden void @__vine_cv_ownv()
// DIRECT-LABEL: define{{.*}} @caller
// DIRECT: call void @own()
void caller(void) {
  own();
  ownv(1, 2);
  hidden();
}
