// SPDX-License-Identifier: MIT
// The runtime is told wherever floating-point control words may change.
// RUN: %vcc -O2 -S -emit-llvm %s -o - | %filecheck %s
int fesetround(int);
int fegetround(void);

// CHECK-LABEL: define{{.*}} @by_function
// CHECK: call i32 @__vine_c_fesetround(
// CHECK-NEXT: call void @__vine_fp_changed()
int by_function(int mode) { return fesetround(mode); }

// CHECK-LABEL: define{{.*}} @by_intrinsic
// CHECK: call void @llvm.x86.sse.ldmxcsr
// CHECK-NEXT: call void @__vine_fp_changed()
void by_intrinsic(unsigned v) { __builtin_ia32_ldmxcsr(v); }

// CHECK-LABEL: define{{.*}} @by_assembly
// CHECK: fldcw
// CHECK-NEXT: call void @__vine_fp_changed()
void by_assembly(short *cw) { __asm__ volatile("fldcw %0" : : "m"(*cw)); }

// CHECK-LABEL: define{{.*}} @reads
// CHECK-NOT: __vine_fp_changed
// CHECK: ret
int reads(void) {
  short cw;
  __asm__ volatile("fnstcw %0" : "=m"(cw));
  return fegetround() + cw;
}
