; SPDX-License-Identifier: MIT
; -vine-poll=0 leaves all loops alone.
; RUN: %opt -passes=vine-loop-polls -vine-poll=0 -S %s -o - | %filecheck %s
; RUN: %opt -passes=vine-loop-polls -S %s -o - | %filecheck %s --check-prefix=ON
target triple = "x86_64-pc-linux-gnu"
; CHECK-NOT: __vine_poll
; ON: call {{.*}}@__vine_poll
define void @spins(ptr %p) {
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %loop, label %done
done:
  ret void
}
