; SPDX-License-Identifier: MIT
; The target of an indirect call travels in %r10, LLVM's nest register. So does
; that of a static function that isn't ours.
; RUN: %opt -passes=vine-foreign-calls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK-LABEL: define i32 @indirect
; CHECK: call i32 @__vine_icall(ptr nest %p, i32 1)
define i32 @indirect(ptr %p) {
  %r = call i32 %p(i32 1)
  ret i32 %r
}
; CHECK-LABEL: define void @hidden
; CHECK: call void @__vine_icall(ptr nest @foreign)
define void @hidden() {
  call void @foreign()
  ret void
}
define internal void @foreign() "vine-foreign" {
  ret void
}
