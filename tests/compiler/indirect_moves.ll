; SPDX-License-Identifier: MIT
; Everything else moves: the backend would keep the address in a register.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()

; CHECK-LABEL: define i32 @index
; CHECK-NOT: alloca
; CHECK: @__vine_side_alloc
define i32 @index(i64 %i) {
  %a = alloca [4 x i32]
  %p = getelementptr [4 x i32], ptr %a, i64 0, i64 %i
  call void @f()
  %v = load i32, ptr %p
  ret i32 %v
}

; CHECK-LABEL: define i1 @compare
; CHECK-NOT: alloca
; CHECK: @__vine_side_alloc
define i1 @compare(ptr %q) {
  %a = alloca i32
  call void @f()
  %c = icmp eq ptr %a, %q
  ret i1 %c
}

; CHECK-LABEL: define i32 @choose
; CHECK-NOT: alloca
; CHECK: @__vine_side_alloc(i64 16)
define i32 @choose(i1 %c) {
  %a = alloca i64
  %b = alloca i64
  %p = select i1 %c, ptr %a, ptr %b
  call void @f()
  %v = load i32, ptr %p
  ret i32 %v
}
