// SPDX-License-Identifier: MIT
// An alignment above 16 rounds the base down, asks the slow path for more,
// and keeps the SSP that the function was entered with.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
void take(char *p);

// CHECK-LABEL: define{{.*}} @aligned
// CHECK: [[ENTRY:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 96
// CHECK: and i64 {{.*}}, -64
// CHECK: @__vine_side_alloc(i64 128)
// CHECK: store volatile i64 [[ENTRY]]
// CHECK-NEXT: ret void
void aligned(void) {
  _Alignas(64) char c[64];
  take(c);
}
