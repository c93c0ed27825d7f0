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
// CHECK-LABEL: define{{.*}} @inverses
// CHECK: call double @__vine_c_acos(double
// CHECK: call float @__vine_c_tanhf(float
double inverses(double x) {
  return __builtin_acos(x) + __builtin_tanhf((float)x);
}
// CHECK-LABEL: define{{.*}} @angles
// CHECK: call double @__vine_c_atan2(double
double angles(double x, double y) { return __builtin_atan2(x, y); }
// CHECK-LABEL: define{{.*}} @parts
// CHECK: call double @__vine_c_modf(double
double parts(double x) {
  double whole;
  return __builtin_modf(x, &whole) + whole;
}
// CHECK-LABEL: define{{.*}} @both
// CHECK: call void @__vine_c_sincos(double
void sincos(double, double *, double *);
double both(double x) {
  double s, c;
  sincos(x, &s, &c);
  return s + c;
}
