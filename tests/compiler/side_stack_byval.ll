; SPDX-License-Identifier: MIT
; Arguments in memory: a small one with direct uses becomes a local of the frame,
; another one moves.
; RUN: %opt -passes=vine-side-stack -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()

; CHECK-LABEL: define i64 @small
; CHECK: alloca [2 x i64]
; CHECK-NOT: @__vine_side_alloc
; CHECK: ret i64
define i64 @small(ptr byval([2 x i64]) align 8 %a) {
  call void @f()
  %v = load i64, ptr %a
  ret i64 %v
}
; CHECK-LABEL: define i64 @large
; CHECK: @__vine_side_alloc(i64 80)
; CHECK: call void @llvm.memcpy
; CHECK: call void @f()
define i64 @large(ptr byval([10 x i64]) align 8 %a) {
  call void @f()
  %v = load i64, ptr %a
  ret i64 %v
}
