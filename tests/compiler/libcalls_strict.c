// SPDX-License-Identifier: MIT
// The same where the rounding mode matters: clang emits other intrinsics then,
// which the backend would turn into calls, too.
// RUN: %vcc -O1 -frounding-math -fno-math-errno -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -frounding-math -fno-math-errno -S %s -o - | %filecheck --check-prefix=ASM %s
// ASM-NOT: {{(call|jmp)[a-z]* +(sin|fmod|pow|log|exp2|fma|__multf3)[fl@]?}}
// CHECK-LABEL: define{{.*}} @sines
// CHECK: call double @__vine_c_sin(double
double sines(double x) { return __builtin_sin(x); }
// CHECK-LABEL: define{{.*}} @remainders
// CHECK: call float @__vine_c_fmodf(float
float remainders(float x, float y) { return __builtin_fmodf(x, y); }
// CHECK-LABEL: define{{.*}} @extended
// CHECK: call x86_fp80 @__vine_c_powl.48(x86_fp80
long double extended(long double x, long double y) {
  return __builtin_powl(x, y);
}
// CHECK-LABEL: define{{.*}} @logs
// CHECK: call double @__vine_c_log(
// CHECK: call double @__vine_c_exp2(
double logs(double x) { return __builtin_log(x) + __builtin_exp2(x); }
// CHECK-LABEL: define{{.*}} @fused
// CHECK: call double @__vine_c_fma(
double fused(double x, double y) { return __builtin_fma(x, y, x); }
// CHECK-LABEL: define{{.*}} @quads
// CHECK: call fp128 @__vine_c___multf3(fp128
__float128 quads(__float128 x, __float128 y) { return x * y; }
// CHECK-LABEL: define{{.*}} @roots
// CHECK: constrained.sqrt
double roots(double x) { return __builtin_sqrt(x); }
