// SPDX-License-Identifier: MIT
// Moving a by-value argument takes its debug information along. The argument
// is copied before the first instruction that isn't about debugging: the one
// that describes the argument, in LLVM 16 an instruction itself, goes away.
// RUN: %vcc -g -O1 -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -g -O0 -c %s -o /dev/null
struct big { long w[20]; };
void take(struct big *p);

// CHECK-LABEL: define{{.*}} @moved
// CHECK: [[BASE:%.*]] = inttoptr i64
// CHECK: {{dbg.value|dbg_value}}({{.*}}[[BASE]], {{.*}}!DIExpression(DW_OP_deref)
// CHECK: call void @llvm.memcpy{{.*}}i64 160
// CHECK: call void @__vine_c_take
void moved(struct big b) { take(&b); }

// CHECK-LABEL: define{{.*}} @both
// CHECK-COUNT-2: call void @llvm.memcpy{{.*}}i64 160
// CHECK: ret void
void both(struct big a, struct big b) {
  take(&a);
  take(&b);
}
