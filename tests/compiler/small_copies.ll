; SPDX-License-Identifier: MIT
; Copies and fills of up to 64 bytes become loads and stores; larger ones move
; the local.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; CHECK-LABEL: define i32 @small
; CHECK: alloca
; CHECK-NOT: memcpy
; CHECK: load i64
; CHECK: load i32
; CHECK: store i64
; CHECK: store i32
define i32 @small(ptr %src) {
  %a = alloca [3 x i32]
  call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %src, i64 12, i1 false)
  call void @f()
  %v = load i32, ptr %a
  ret i32 %v
}

; CHECK-LABEL: define i32 @fill
; CHECK: alloca
; CHECK-NOT: memset
; CHECK: mul i64 {{.*}}, 72340172838076673
; CHECK: ret i32
define i32 @fill(i8 %b) {
  %a = alloca i32
  call void @llvm.memset.p0.i64(ptr %a, i8 %b, i64 4, i1 false)
  call void @f()
  %v = load i32, ptr %a
  ret i32 %v
}

; CHECK-LABEL: define i32 @large
; CHECK: @__vine_side_alloc(i64 80)
; CHECK: llvm.memcpy
define i32 @large(ptr %src) {
  %a = alloca [20 x i32]
  call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %src, i64 80, i1 false)
  call void @f()
  %v = load i32, ptr %a
  ret i32 %v
}
