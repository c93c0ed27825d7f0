; SPDX-License-Identifier: MIT
; Each function gets the magic and asks for a check. (x86_64/stack_check.c tells
; what comes of that.)
; RUN: %opt -passes=vine-stack-check -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()

; CHECK: define void @calls() #[[CHECKED:[0-9]+]] align 16 prefix i64 [[MAGIC:-[0-9]+]] {
define void @calls() {
  call void @f()
  ret void
}
; CHECK: define void @foreign() #[[FOREIGN:[0-9]+]] {
define void @foreign() "vine-foreign" {
  ret void
}
; CHECK: attributes #[[CHECKED]] = { "frame-pointer"="non-leaf" "vine-check" }
; CHECK: attributes #[[FOREIGN]] = { "vine-foreign" }
