; SPDX-License-Identifier: MIT
; A tight loop that counts polls when ten bits of its counter are zero.
; RUN: %opt -passes=vine-loop-polls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK-LABEL: define void @counts
; CHECK: [[BITS:%.*]] = and i64 %i, 4092
; CHECK: icmp eq i64 [[BITS]], 0
; CHECK: call preserve_allcc void @__vine_poll()
define void @counts(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 4
  %c = icmp ult i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
