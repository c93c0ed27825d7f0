; SPDX-License-Identifier: MIT
; A loop without calls polls at its back edge; one that calls a checked function
; of this module, or ends soon, doesn't.
; RUN: %opt -passes=vine-loop-polls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @elsewhere()

; CHECK-LABEL: define void @spins
; CHECK: [[G:%.*]] = load i64, ptr addrspace(257) inttoptr (i64 112 to ptr addrspace(257))
; CHECK: icmp eq i64 [[G]], -2
; CHECK: call preserve_allcc void @__vine_poll()
define void @spins(ptr %p) {
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-LABEL: define void @passes_check
; CHECK-NOT: __vine_poll()
; CHECK: ret
define void @passes_check(ptr %p) {
  br label %loop
loop:
  call void @checked()
  %v = load volatile i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %loop, label %done
done:
  ret void
}
define internal void @checked() {
  call void @elsewhere()
  ret void
}
; CHECK-LABEL: define void @ends_soon
; CHECK-NOT: __vine_poll()
; CHECK: ret
define void @ends_soon(ptr %p) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ult i64 %j, 100
  br i1 %c, label %loop, label %done
done:
  ret void
}
