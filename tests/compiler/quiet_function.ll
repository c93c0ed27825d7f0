; SPDX-License-Identifier: MIT
; A function whose calls can't move the stack keeps what isn't captured.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare i64 @strlen(ptr nocapture)
declare ptr @memset(ptr, i32, i64)

; CHECK-LABEL: define i64 @quiet
; CHECK: alloca
; CHECK-NOT: @__vine_side_alloc
; CHECK: call i64 @strlen
define i64 @quiet(i64 %i) {
  %a = alloca [64 x i8]
  %p = getelementptr i8, ptr %a, i64 %i
  store i8 0, ptr %p
  %n = call i64 @strlen(ptr nocapture %a)
  ret i64 %n
}

; CHECK-LABEL: define ptr @returned
; CHECK: @__vine_side_alloc
define ptr @returned() {
  %a = alloca i32
  ret ptr %a
}
