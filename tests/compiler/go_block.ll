; SPDX-License-Identifier: MIT
; vine_go of any other call: a block of arguments and a trampoline.
; RUN: %opt -passes=vine-go -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @__vine_go_begin()
declare void @__vine_go_end()
define void @f(double, i64) {
  ret void
}

; CHECK-LABEL: define void @start
; CHECK: [[ARGS:%.*]] = alloca <{ double, i64 }>, align 16
; CHECK: store double %x, ptr
; CHECK: store i64 %n, ptr
; CHECK: call void @__vine_go(ptr @vine_go.tramp.0.f, ptr [[ARGS]], i64 16)
define void @start(double %x, i64 %n) {
  call void @__vine_go_begin()
  call void @f(double %x, i64 %n)
  call void @__vine_go_end()
  ret void
}
; CHECK-LABEL: define internal void @vine_go.tramp.0.f(ptr byval(<{ double, i64 }>)
; CHECK: call void @f(double
