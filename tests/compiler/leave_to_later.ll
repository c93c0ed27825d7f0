; SPDX-License-Identifier: MIT
; The first of two compilations marks functions, with their options, and refers
; to a symbol that only the second takes away.
; RUN: %opt -passes=vine-early -vine-late=0 -vine-poll=0 -S %s -o %t.ll
; RUN: %filecheck %s < %t.ll
; RUN: %opt -passes=vine-late -S %t.ll -o - | %filecheck %s --check-prefix=LATE
target triple = "x86_64-pc-linux-gnu"
; CHECK: @vine.abi = internal constant ptr @__vine_unfinished_bitcode_
; LATE: @vine.abi = internal constant ptr @__vine_no_stack_checks_
; LATE-NOT: __vine_unfinished
declare void @other()

; CHECK: define void @f() [[F:#[0-9]+]]
; CHECK: call void @other()
; LATE: define void @f()
; LATE: call void @__vine_c_other()
define void @f() {
  call void @other()
  ret void
}
; CHECK: attributes [[F]] = { "vine-no-poll" "vine-ours" }
