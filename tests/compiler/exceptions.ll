; SPDX-License-Identifier: MIT
; Exceptions are refused, in each function that has a landing pad.
; RUN: %not %opt -passes=vine-diagnostics -S %s -o - 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()
declare i32 @__gxx_personality_v0(...)

; CHECK: error: {{.*}}in function catches {{.*}}: vine: exceptions can't unwind growable stacks
; CHECK-NOT: error
define void @catches() personality ptr @__gxx_personality_v0 {
  invoke void @f() to label %done unwind label %pad
pad:
  %e = landingpad { ptr, i32 } cleanup
  br label %done
done:
  ret void
}
define void @calls() {
  call void @f()
  ret void
}
