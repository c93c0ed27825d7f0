; SPDX-License-Identifier: MIT
; Each function gets the magic and a check, small leaves only the magic.
; RUN: %opt -passes=vine-stack-check -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()

; CHECK: define void @calls() #[[CHECKED:[0-9]+]] align 16 prefix i64 [[MAGIC:-[0-9]+]] {
define void @calls() {
  call void @f()
  ret void
}
; CHECK: define i32 @leaf(i32 %x) #[[LEAF:[0-9]+]] align 16 prefix i64 [[MAGIC]] {
define i32 @leaf(i32 %x) {
  ret i32 %x
}
; CHECK: define i8 @large(i64 %i) #[[CHECKED]]
define i8 @large(i64 %i) {
  %a = alloca [33 x i8]
  %p = getelementptr i8, ptr %a, i64 %i
  store volatile i8 1, ptr %p
  ret i8 0
}
; CHECK: define void @foreign() #[[FOREIGN:[0-9]+]] {
define void @foreign() "vine-foreign" {
  ret void
}
; CHECK: attributes #[[CHECKED]] = { "frame-pointer"="non-leaf" "split-stack" }
; CHECK: attributes #[[LEAF]] = { "frame-pointer"="non-leaf" }
; CHECK: attributes #[[FOREIGN]] = { "vine-foreign" }
