; SPDX-License-Identifier: MIT
; An access beside the address of a thread-local variable becomes relative to
; the thread; after a call the offset is computed anew.
; RUN: %opt -passes=vine-thread-local -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
@x = external thread_local global i32
declare ptr @llvm.threadlocal.address.p0(ptr)
declare void @f()

; CHECK-LABEL: define i32 @twice
; CHECK: [[O:%.*]] = call i64 asm "movq {{.*}}GOTTPOFF(%rip), $0", "=r,s"(ptr @x)
; CHECK: [[P:%.*]] = inttoptr i64 [[O]] to ptr addrspace(257)
; CHECK: load i32, ptr addrspace(257) [[P]]
; CHECK: call void @f()
; CHECK: call i64 asm "movq {{.*}}GOTTPOFF(%rip), $0", "=r,s"(ptr @x)
; CHECK: load i32, ptr addrspace(257)
define i32 @twice() {
  %p = call ptr @llvm.threadlocal.address.p0(ptr @x)
  %a = load i32, ptr %p
  call void @f()
  %b = load i32, ptr %p
  %s = add i32 %a, %b
  ret i32 %s
}
