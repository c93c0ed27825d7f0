; SPDX-License-Identifier: MIT
; Loads and stores at constant offsets don't need the side stack, though the
; frame moves at the call.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()
declare void @llvm.lifetime.start.p0(i64, ptr)

; CHECK-LABEL: define i32 @direct
; CHECK: alloca [4 x i32]
; CHECK-NOT: addrspace(257)
; CHECK: ret i32
define i32 @direct() {
  %a = alloca [4 x i32]
  call void @llvm.lifetime.start.p0(i64 16, ptr %a)
  %p = getelementptr [4 x i32], ptr %a, i64 0, i64 2
  store volatile i32 1, ptr %p
  call void @f()
  %v = load i32, ptr %p
  ret i32 %v
}
