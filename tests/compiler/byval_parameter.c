// SPDX-License-Identifier: MIT
// A struct passed in memory lies in the caller's frame; if its address is
// taken it is copied to the side stack first.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
struct big { long w[20]; };
void take(struct big *p);

// CHECK-LABEL: define{{.*}} @moved
// CHECK: @__vine_side_alloc(i64 160)
// CHECK: call void @llvm.memcpy{{.*}}i64 160
// CHECK: call void @__vine_c_take
void moved(struct big b) { take(&b); }

// CHECK-LABEL: define{{.*}} @kept
// CHECK-NOT: @__vine_side_alloc
// CHECK: ret i64
long kept(struct big b) {
  take(0);
  return b.w[3];
}
