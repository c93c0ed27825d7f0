; SPDX-License-Identifier: MIT
; Operations with two results become calls that store through pointers.
; REQUIRES-LLVM: 21
; RUN: %opt -passes=vine-lib-calls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare { double, double } @llvm.modf.f64(double)
declare { half, half } @llvm.sincos.f16(half)
declare { <2 x float>, <2 x i32> } @llvm.frexp.v2f32.v2i32(<2 x float>)

; CHECK-LABEL: define double @whole
; CHECK: %[[SLOT:.*]] = alloca double
; CHECK: call double @modf(double %x, ptr %[[SLOT]])
; CHECK: load double, ptr %[[SLOT]]
define double @whole(double %x) {
  %r = call { double, double } @llvm.modf.f64(double %x)
  %w = extractvalue { double, double } %r, 1
  ret double %w
}
; CHECK-LABEL: define half @narrow
; CHECK-DAG: %[[SIN:.*]] = alloca float
; CHECK-DAG: %[[COS:.*]] = alloca float
; CHECK-DAG: fpext half %x to float
; CHECK: call void @sincosf(float %{{.*}}, ptr %{{.*}}, ptr %{{.*}})
; CHECK-COUNT-2: fptrunc float
define half @narrow(half %x) {
  %r = call { half, half } @llvm.sincos.f16(half %x)
  %s = extractvalue { half, half } %r, 0
  %c = extractvalue { half, half } %r, 1
  %sum = fadd half %s, %c
  ret half %sum
}
; CHECK-LABEL: define <2 x i32> @lanes
; CHECK-COUNT-2: call float @frexpf(float
define <2 x i32> @lanes(<2 x float> %x) {
  %r = call { <2 x float>, <2 x i32> } @llvm.frexp.v2f32.v2i32(<2 x float> %x)
  %e = extractvalue { <2 x float>, <2 x i32> } %r, 1
  ret <2 x i32> %e
}
