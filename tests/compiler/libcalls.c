// SPDX-License-Identifier: MIT
// Math that the backend would turn into calls of libm is routed like calls.
// RUN: %vcc -O1 -fno-math-errno -S -emit-llvm %s -o - | %filecheck %s
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
// CHECK-LABEL: define{{.*}} @roots
// CHECK: call double @llvm.sqrt.f64
double roots(double x) { return __builtin_sqrt(x); }
// CHECK-LABEL: define{{.*}} @quads
// CHECK: call fp128 @__vine_c___multf3(fp128
__float128 quads(__float128 x, __float128 y) { return x * y; }
