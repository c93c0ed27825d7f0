; SPDX-License-Identifier: MIT
; Locals that are never alive together share memory.
; RUN: %opt -passes=vine-side-stack -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)
declare void @llvm.lifetime.start.p0(i64, ptr)
declare void @llvm.lifetime.end.p0(i64, ptr)

; CHECK-LABEL: define void @apart
; CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 32)
define void @apart() {
  %x = alloca [32 x i8]
  %y = alloca [32 x i8]
  call void @llvm.lifetime.start.p0(i64 32, ptr %x)
  call void @take(ptr %x)
  call void @llvm.lifetime.end.p0(i64 32, ptr %x)
  call void @llvm.lifetime.start.p0(i64 32, ptr %y)
  call void @take(ptr %y)
  call void @llvm.lifetime.end.p0(i64 32, ptr %y)
  ret void
}
; CHECK-LABEL: define void @together
; CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 64)
define void @together() {
  %x = alloca [32 x i8]
  %y = alloca [32 x i8]
  call void @llvm.lifetime.start.p0(i64 32, ptr %x)
  call void @llvm.lifetime.start.p0(i64 32, ptr %y)
  call void @take(ptr %x)
  call void @take(ptr %y)
  call void @llvm.lifetime.end.p0(i64 32, ptr %x)
  call void @llvm.lifetime.end.p0(i64 32, ptr %y)
  ret void
}
