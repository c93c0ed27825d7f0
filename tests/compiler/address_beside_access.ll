; SPDX-License-Identifier: MIT
; The address of an access to a local in the frame isn't carried across calls.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()

; CHECK-LABEL: define i32 @twice
; CHECK: call void @__vine_c_f()
; CHECK-NEXT: [[P:%.*]] = getelementptr i8, ptr %a, i64 4
; CHECK-NEXT: load volatile i32, ptr [[P]]
; CHECK: getelementptr i8, ptr %a, i64 4
; CHECK-NEXT: load i32
define i32 @twice(i1 %c) {
  %a = alloca [2 x i32]
  %p = getelementptr [2 x i32], ptr %a, i64 0, i64 1
  store i32 1, ptr %p
  call void @f()
  %v = load volatile i32, ptr %p
  br i1 %c, label %x, label %y
x:
  %w = load i32, ptr %p
  ret i32 %w
y:
  ret i32 %v
}
