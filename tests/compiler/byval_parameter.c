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

// A small one whose uses are direct is copied to a local of the frame: the
// backend would keep the address of the parameter itself in a register.
// CHECK-LABEL: define{{.*}} @kept
// CHECK: alloca
// CHECK-NOT: @__vine_side_alloc
// CHECK: ret i64
struct small { long w[3]; };
long kept(struct small b) {
  take(0);
  return b.w[1];
}
