; SPDX-License-Identifier: MIT
; A vector operation without an instruction is taken apart.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare <2 x double> @llvm.exp.v2f64(<2 x double>)

; CHECK-LABEL: define <2 x double> @lanes
; CHECK-COUNT-2: call double @__vine_c_exp(double
; CHECK: ret
define <2 x double> @lanes(<2 x double> %x) {
  %r = call <2 x double> @llvm.exp.v2f64(<2 x double> %x)
  ret <2 x double> %r
}

; CHECK-LABEL: define <2 x float> @remainders
; CHECK-COUNT-2: call float @__vine_c_fmodf(float
; CHECK: ret
define <2 x float> @remainders(<2 x float> %x, <2 x float> %y) {
  %r = frem <2 x float> %x, %y
  ret <2 x float> %r
}
