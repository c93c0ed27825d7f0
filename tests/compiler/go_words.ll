; SPDX-License-Identifier: MIT
; vine_go of a call with up to four words: they travel in registers.
; RUN: %opt -passes=vine-go -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @__vine_go_begin()
declare void @__vine_go_end()
declare i32 @f(i32 signext, ptr)

; CHECK-LABEL: define void @start
; CHECK-NOT: call i32 @f
; CHECK: [[N:%.*]] = sext i32 %n to i64
; CHECK: [[P:%.*]] = ptrtoint ptr %p to i64
; CHECK: call void @__vine_go_words(ptr @f, i64 [[N]], i64 [[P]], i64 0, i64 0)
; CHECK-NEXT: ret void
define void @start(i32 %n, ptr %p) {
  call void @__vine_go_begin()
  %r = call i32 @f(i32 signext %n, ptr %p)
  call void @__vine_go_end()
  ret void
}
