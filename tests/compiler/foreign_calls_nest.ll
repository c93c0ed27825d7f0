; SPDX-License-Identifier: MIT
; A call that needs %r10 itself is refused.
; RUN: %not %opt -passes=vine-foreign-calls -S %s -o - 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f(ptr nest)

; CHECK: error: {{.*}}in function chain {{.*}}: vine: %r10 (a static chain) can't be passed
define void @chain(ptr %p) {
  call void @f(ptr nest %p)
  ret void
}
