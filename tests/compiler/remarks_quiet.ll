; SPDX-License-Identifier: MIT
; Where no call can move the stack only what captures an address is a reason, even
; behind other uses.
; RUN: %opt -passes=vine-side-stack -pass-remarks-analysis=vine -disable-output %s 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK: local 'returned' of 16 bytes leaves the frame: its address is returned
define ptr @return(i64 %i) {
  %returned = alloca [4 x i32]
  %p = getelementptr [4 x i32], ptr %returned, i64 0, i64 %i
  store i32 1, ptr %p
  ret ptr %returned
}
; CHECK: local 'stored' of 4 bytes leaves the frame: its address is stored
define void @store(ptr %p) {
  %stored = alloca i32
  store ptr %stored, ptr %p
  ret void
}
; CHECK: local 'observed' of 16 bytes leaves the frame: it is volatile
define void @observe(i64 %i) {
  %observed = alloca [4 x i32]
  %p = getelementptr [4 x i32], ptr %observed, i64 0, i64 %i
  store volatile i32 1, ptr %p
  ret void
}
; CHECK-NOT: remark
define i32 @index(i64 %i) {
  %indexed = alloca [4 x i32]
  %p = getelementptr [4 x i32], ptr %indexed, i64 0, i64 %i
  store i32 1, ptr %p
  %v = load i32, ptr %p
  ret i32 %v
}
