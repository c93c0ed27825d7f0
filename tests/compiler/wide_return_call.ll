; SPDX-License-Identifier: MIT
; The caller of a wide function has a local for the result; where that lies is
; another rewrite's affair.
; RUN: %opt -passes=vine-wide-returns -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare <32 x float> @wide(i64)

; CHECK-LABEL: define float @caller
; CHECK: %wide = alloca <32 x float>
; CHECK: call void @wide(ptr sret(<32 x float>) align 128 %wide, i64 %i)
; CHECK: load <32 x float>, ptr %wide
define float @caller(i64 %i) {
  %v = call <32 x float> @wide(i64 %i)
  %f = extractelement <32 x float> %v, i64 3
  ret float %f
}
