; SPDX-License-Identifier: MIT
; For fixed stacks frames stay as they are, calls too; main has its mark.
; RUN: %opt -passes=vine-early,vine-late -vine-fixed -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
@x = external thread_local global i32
declare ptr @llvm.threadlocal.address.p0(ptr)
declare void @take(ptr)

; CHECK: @__vine_has_main =
; CHECK: define i32 @main() {
; CHECK: alloca i32
; CHECK: call void @take(ptr %a)
; CHECK: load i32, ptr addrspace(257)
; CHECK-NOT: vine-check
define i32 @main() {
  %a = alloca i32
  call void @take(ptr %a)
  %p = call ptr @llvm.threadlocal.address.p0(ptr @x)
  %v = load i32, ptr %p
  ret i32 %v
}
