; SPDX-License-Identifier: MIT
; An allocation of dynamic size happens where it stands, in whole granules, above
; one that remembers where to go back to.
; RUN: %opt -passes=vine-side-stack -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)

; CHECK-LABEL: define void @dynamic
; CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
; CHECK: mul i64 %n, 4
; CHECK: [[SIZE:%.*]] = and i64 {{.*}}, -16
; CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 [[SIZE]])
; CHECK: call void @take(ptr %x)
; CHECK: store volatile i64
; CHECK-NEXT: ret
define void @dynamic(i64 %n) {
  %x = alloca i32, i64 %n
  call void @take(ptr %x)
  ret void
}
