; SPDX-License-Identifier: MIT
; Which loops poll, and how often.
; RUN: %opt -passes=vine-loop-polls -pass-remarks-analysis=vine -disable-output %s 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK: remark: {{.*}}loop polls for preemption in each iteration
define void @spins(ptr %p) {
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK: remark: {{.*}}loop polls for preemption once in 4000 iterations
define void @counts(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ult i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-NOT: remark
define void @ends_soon(ptr %p) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ult i64 %j, 10
  br i1 %c, label %loop, label %done
done:
  ret void
}
