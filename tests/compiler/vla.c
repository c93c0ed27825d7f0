// SPDX-License-Identifier: MIT
// A VLA is allocated where it stands. Before it comes a granule: its end is the
// SSP that the function, or each turn of a loop, leaves.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
void take(char *p);

// CHECK-LABEL: define{{.*}} @vla
// CHECK-NOT: alloca
// CHECK-NOT: stacksave
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
// CHECK: [[BASE:%.*]] = phi i64
// CHECK: [[PTR:%.*]] = inttoptr i64 [[BASE]] to ptr
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 %
// CHECK: [[INT:%.*]] = ptrtoint ptr [[PTR]] to i64
// CHECK: [[END:%.*]] = add i64 [[INT]], 16
// CHECK: store volatile i64 [[END]], ptr addrspace(257) inttoptr (i64 96
// CHECK-NEXT: ret void
void vla(unsigned long n) {
  char v[n];
  take(v);
}

// CHECK-LABEL: define{{.*}} @scope
// CHECK-NOT: stacksave
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
// CHECK: getelementptr inbounds{{.*}} i8, ptr {{.*}}, i64 16
// CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 %
// CHECK: call void @__vine_c_take
// CHECK: store volatile i64 %{{.*}}, ptr addrspace(257) inttoptr (i64 96
void scope(unsigned long n) {
  for (int i = 0; i < 3; i++) {
    char v[n];
    take(v);
  }
}

// The end of a chunk that the slow path took, or the SSP found.
// CHECK-LABEL: define{{.*}} @aligned
// CHECK: [[ENTRY:%.*]] = load volatile i64, ptr addrspace(257) inttoptr (i64 96
// CHECK: [[NEW:%.*]] = call preserve_allcc i64 @__vine_side_alloc(i64 128)
// CHECK: [[SLOW:%.*]] = add i64 [[NEW]], 128
// CHECK: [[LEFT:%.*]] = phi i64 [ [[ENTRY]], %{{.*}} ], [ [[SLOW]], %{{.*}} ]
// CHECK: store volatile i64 [[LEFT]], ptr addrspace(257) inttoptr (i64 96
// CHECK-NEXT: ret void
void aligned(void) {
  _Alignas(64) char a[64];
  take(a);
}
