; SPDX-License-Identifier: MIT
; An address that is more than accessed comes from volatile assembly, which the
; backend merges with no other.
; RUN: %opt -passes=vine-thread-local -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
@x = external thread_local global i32
declare ptr @llvm.threadlocal.address.p0(ptr)
declare void @take(ptr)

; CHECK-LABEL: define void @passes
; CHECK: [[A:%.*]] = call ptr asm sideeffect "movq {{.*}}addq %fs:0, $0", "=r,s,~{flags}"(ptr @x)
; CHECK: call void @take(ptr {{.*}}[[A]])
; CHECK: [[B:%.*]] = call ptr asm sideeffect
; CHECK: call void @take(ptr {{.*}}[[B]])
define void @passes() {
  %p = call ptr @llvm.threadlocal.address.p0(ptr @x)
  call void @take(ptr %p)
  call void @take(ptr %p)
  ret void
}
