; SPDX-License-Identifier: MIT
; A local whose address is passed lies on the side stack until the return.
; RUN: %opt -passes=vine-side-stack -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)

; CHECK-LABEL: define i32 @escapes
; CHECK-NOT: alloca
; CHECK: %ssp = load volatile i64, ptr addrspace(257) inttoptr (i64 96 to ptr addrspace(257))
; CHECK: call preserve_allcc i64 @__vine_side_alloc(i64 16)
; CHECK: %side.base = phi i64
; CHECK: [[X:%.*]] = inttoptr i64 %side.base to ptr
; CHECK: call void @take(ptr [[X]])
; CHECK: [[END:%.*]] = add i64 {{.*}}, 16
; CHECK: store volatile i64 [[END]], ptr addrspace(257) inttoptr (i64 96 to ptr addrspace(257))
; CHECK-NEXT: ret
define i32 @escapes() {
  %x = alloca i32
  call void @take(ptr %x)
  %v = load i32, ptr %x
  ret i32 %v
}
