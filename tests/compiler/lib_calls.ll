; SPDX-License-Identifier: MIT
; Operations that the backend would make calls of become calls, others stay.
; RUN: %opt -passes=vine-lib-calls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare double @llvm.sin.f64(double)
declare half @llvm.exp.f16(half)
declare double @llvm.floor.f64(double)
declare double @llvm.fma.f64(double, double, double)

; CHECK-LABEL: define double @sine
; CHECK: call double @sin(double %x)
define double @sine(double %x) {
  %r = call double @llvm.sin.f64(double %x)
  ret double %r
}
; CHECK-LABEL: define half @narrow
; CHECK: fpext half %x to float
; CHECK: call float @expf(float
; CHECK: fptrunc float
define half @narrow(half %x) {
  %r = call half @llvm.exp.f16(half %x)
  ret half %r
}
; CHECK-LABEL: define fp128 @quad
; CHECK: call fp128 @__addtf3(fp128 %x, fp128 %y)
define fp128 @quad(fp128 %x, fp128 %y) {
  %r = fadd fp128 %x, %y
  ret fp128 %r
}
; CHECK-LABEL: define double @rounds
; CHECK: call double @llvm.floor.f64
define double @rounds(double %x) {
  %r = call double @llvm.floor.f64(double %x)
  ret double %r
}
; CHECK-LABEL: define double @emulated
; CHECK: call double @fma(double
define double @emulated(double %x) {
  %r = call double @llvm.fma.f64(double %x, double %x, double %x)
  ret double %r
}
; CHECK-LABEL: define double @in_hardware
; CHECK: call double @llvm.fma.f64
define double @in_hardware(double %x) "target-features"="+fma" {
  %r = call double @llvm.fma.f64(double %x, double %x, double %x)
  ret double %r
}
