// SPDX-License-Identifier: MIT
// kcfi's check looks at the function that is called, not at __vine_icall.
// RUN: %vcc -O1 -fsanitize=kcfi -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O0 -fsanitize=kcfi -fpatchable-function-entry=9,4 -S -emit-llvm %s -o - | %filecheck --check-prefix=NOPS %s

// CHECK-LABEL: define{{.*}} @caller(
// CHECK: [[AT:%.*]] = getelementptr {{.*}}i64 -4
// CHECK: load i32, ptr [[AT]]
// CHECK: call void @llvm.trap()
// CHECK: call {{.*}}@__vine_icall(ptr nest
// CHECK-NOT: "kcfi"(
// NOPS: getelementptr {{.*}}i64 -8
int caller(int (*f)(int)) { return f(1) + 1; }
