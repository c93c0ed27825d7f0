; SPDX-License-Identifier: MIT
; A function that depends on where its frame is pins it, up to each exit.
; RUN: %opt -passes=vine-pin -S %s -o - 2>/dev/null | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare ptr @llvm.frameaddress.p0(i32)
declare ptr @llvm.returnaddress(i32)
declare i32 @getcontext(ptr) returns_twice
declare i32 @__vine_setjmp(ptr) returns_twice

; CHECK-LABEL: define ptr @frame
; CHECK: alloca
; CHECK-NEXT: call void @__vine_pin()
; CHECK: call void @__vine_unpin()
; CHECK-NEXT: ret ptr null
; CHECK: call void @__vine_unpin()
; CHECK-NEXT: ret ptr %a
define ptr @frame(i1 %c) {
  %x = alloca i32
  %a = call ptr @llvm.frameaddress.p0(i32 0)
  br i1 %c, label %one, label %two
one:
  ret ptr null
two:
  ret ptr %a
}
; CHECK-LABEL: define void @pushes
; CHECK: call void @__vine_pin()
define void @pushes() {
  call void asm sideeffect "push %rax\0Apop %rax", ""()
  ret void
}
; CHECK-LABEL: define i32 @context
; CHECK: call void @__vine_pin()
define i32 @context(ptr %c) {
  %r = call i32 @getcontext(ptr %c) returns_twice
  ret i32 %r
}
; CHECK-LABEL: define i32 @jumps
; CHECK-NOT: __vine_pin()
; CHECK: ret
define i32 @jumps(ptr %b) {
  %r = call i32 @__vine_setjmp(ptr %b) returns_twice
  ret i32 %r
}
; CHECK-LABEL: define ptr @caller
; CHECK-NOT: __vine_pin()
; CHECK: ret
define ptr @caller() {
  %a = call ptr @llvm.returnaddress(i32 0)
  ret ptr %a
}
