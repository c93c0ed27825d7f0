; SPDX-License-Identifier: MIT
; The runtime's setjmp and longjmp, none of them by a jump; fork for vfork, and
; the runtime's own for _Fork.
; RUN: %opt -passes=vine-setjmp -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare i32 @_setjmp(ptr) returns_twice
declare void @longjmp(ptr, i32) noreturn
declare i32 @vfork() returns_twice

; CHECK-LABEL: define i32 @set
; CHECK: %r = notail call i32 @__vine_setjmp(ptr %b)
define i32 @set(ptr %b) {
  %r = tail call i32 @_setjmp(ptr %b) returns_twice
  ret i32 %r
}
; CHECK-LABEL: define void @jump
; CHECK: call void @__vine_longjmp(ptr %b, i32 1)
define void @jump(ptr %b) {
  call void @longjmp(ptr %b, i32 1)
  unreachable
}
; CHECK-LABEL: define i32 @child
; CHECK: call i32 @fork(){{$}}
define i32 @child() {
  %r = call i32 @vfork() returns_twice
  ret i32 %r
}
declare i32 @_Fork()
; CHECK-LABEL: define i32 @bare_child
; CHECK: call i32 @__vine_bare_fork(){{$}}
define i32 @bare_child() {
  %r = call i32 @_Fork()
  ret i32 %r
}
