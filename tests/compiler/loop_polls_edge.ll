; SPDX-License-Identifier: MIT
; The poll stands on the back edge, not between the latch's conditions and its
; branch.
; RUN: %opt -passes=vine-loop-polls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK-LABEL: define void @two_conditions
; CHECK: loop.poll:
; CHECK-NEXT: load i64, ptr addrspace(257)
; CHECK: call preserve_allcc void @__vine_poll()
; CHECK: %c = or i1 %a, %b
; CHECK-NEXT: br i1 %c, label %done, label %loop.poll
define void @two_conditions(ptr %p, ptr %q) {
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  %w = load volatile i32, ptr %q
  %a = icmp eq i32 %v, 1
  %b = icmp eq i32 %w, 2
  %c = or i1 %a, %b
  br i1 %c, label %done, label %loop
done:
  ret void
}
; One for all cases that lead back.
; CHECK-LABEL: define void @switches
; CHECK: call preserve_allcc void @__vine_poll()
; CHECK-NOT: call
; CHECK: ret void
define void @switches(ptr %p) {
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  switch i32 %v, label %done [
    i32 1, label %loop
    i32 2, label %loop
  ]
done:
  ret void
}
