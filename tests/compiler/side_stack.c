// SPDX-License-Identifier: MIT
// A local whose address escapes is allocated on the side stack, and given
// back before the return.
// RUN: %vcc -O2 -S -emit-llvm %s -o - | %filecheck %s
void take(int *p);

// CHECK-LABEL: define{{.*}} @escapes
// CHECK-NOT: alloca
// CHECK: [[SSP:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 96
// CHECK: load volatile i64, ptr addrspace(257) inttoptr (i64 104
// CHECK: load volatile i64, ptr addrspace(257) inttoptr (i64 56
// CHECK: store volatile i64 {{.*}}inttoptr (i64 96
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
// CHECK: call void @__vine_c_take(
// CHECK: store volatile i64 {{.*}}inttoptr (i64 96
// CHECK: ret i32
int escapes(void) {
  int x = 1;
  take(&x);
  return x;
}
