; SPDX-License-Identifier: MIT
; A result that doesn't fit the registers is returned through a local of the
; caller, which is on the side stack.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"

; CHECK-LABEL: define void @wide(ptr sret(<32 x float>) align 128 %0, ptr %p)
; CHECK: store <32 x float> {{.*}}, ptr %0
; CHECK: ret void
define <32 x float> @wide(ptr %p) {
  %v = load <32 x float>, ptr %p
  ret <32 x float> %v
}

; CHECK-LABEL: define float @caller
; CHECK: @__vine_side_alloc(i64 256)
; CHECK: call void @__vine_c_wide(ptr sret(<32 x float>) align 128
define float @caller(ptr %p) {
  %v = call <32 x float> @wide(ptr %p)
  %f = extractelement <32 x float> %v, i64 3
  ret float %f
}

; Four registers are enough for this one.
; CHECK-LABEL: define <16 x float> @fits
define <16 x float> @fits(ptr %p) {
  %v = load <16 x float>, ptr %p
  ret <16 x float> %v
}
