// SPDX-License-Identifier: MIT
// A moved local stays visible to the debugger: at -O0 through a slot in the
// frame that holds the base of the side objects.
// RUN: %vcc -g -O0 -S -emit-llvm %s -o - | %filecheck %s
// CHECK-LABEL: define{{.*}} @f
// CHECK: [[SLOT:%.*]] = alloca ptr
// CHECK: {{dbg.declare|dbg_declare}}{{.*}}ptr [[SLOT]], {{.*}}!DIExpression(DW_OP_deref
void take(int *);
int f(void) {
  int x = 1, y = 2;
  take(&x);
  take(&y);
  return x + y;
}
