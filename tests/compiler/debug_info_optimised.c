// SPDX-License-Identifier: MIT
// Optimised, a moved local is described once: in memory, from the base on.
// RUN: %vcc -g -O2 -S -emit-llvm %s -o - | %filecheck %s
// CHECK-LABEL: define{{.*}} @f
// CHECK-NOT: {{dbg.assign|dbg_assign}}
// CHECK: [[BASE:%.*]] = inttoptr i64
// CHECK: {{dbg.value|dbg_value}}({{.*}}[[BASE]], {{.*}}!DIExpression(DW_OP_plus_uconst, {{[0-9]+}}, DW_OP_deref)
void take(int *);
int f(void) {
  int x = 1, y = 2;
  take(&x);
  take(&y);
  return x + y;
}
