// SPDX-License-Identifier: MIT
// A VLA is allocated where it stands; the function ends by storing back the
// SSP that it found.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
void take(char *p);

// CHECK-LABEL: define{{.*}} @vla
// CHECK: [[ENTRY:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 96
// CHECK-NOT: alloca
// CHECK-NOT: stacksave
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 %
// CHECK: store volatile i64 [[ENTRY]], ptr addrspace(257) inttoptr (i64 96
// CHECK-NEXT: ret void
void vla(unsigned long n) {
  char v[n];
  take(v);
}
