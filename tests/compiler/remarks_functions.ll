; SPDX-License-Identifier: MIT
; Why a function is foreign or pinned; unchecked.c tells of the third.
; RUN: %opt -passes=vine-foreignness,vine-pin -pass-remarks-analysis=vine -disable-output %s 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare ptr @llvm.frameaddress.p0(i32)
declare i32 @getcontext(ptr) returns_twice
declare void @f()

; CHECK: function 'sanitized' is foreign: a sanitizer instruments it
define void @sanitized() sanitize_thread {
  ret void
}
; CHECK: function 'bare' is foreign: it is naked
define void @bare() naked {
  unreachable
}
; CHECK-NOT: is foreign
; CHECK: function 'frame' is pinned: it asks where its frame is
define ptr @frame() {
  %a = call ptr @llvm.frameaddress.p0(i32 0)
  ret ptr %a
}
; CHECK: function 'pushes' is pinned: its inline assembly names the stack
define void @pushes() {
  call void asm sideeffect "push %rax\0Apop %rax", ""()
  ret void
}
; CHECK: function 'context' is pinned: it calls a function that returns twice
define i32 @context(ptr %c) {
  %r = call i32 @getcontext(ptr %c) returns_twice
  ret i32 %r
}
; CHECK-NOT: remark
define void @calls() {
  call void @f()
  ret void
}
