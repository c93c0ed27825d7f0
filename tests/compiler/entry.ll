; SPDX-License-Identifier: MIT
; What other objects and the runtime find: main by a mark, aliases of
; functions that may be called from elsewhere, and the ABI's version.
; RUN: %opt -passes=vine-entry -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK: @__vine_has_main = weak hidden constant ptr @__vine_start_main
; CHECK: @vine.abi = internal constant ptr @__vine_no_stack_checks_
; CHECK-NOT: @__vine_c_main
; CHECK: @__vine_c_many.64 = hidden alias {{.*}}, ptr @many
; CHECK-NOT: @__vine_c_
; CHECK: define i32 @main()
define i32 @main() {
  ret i32 0
}
define void @many(i64, i64, i64, i64, i64, i64, i64, i64) {
  ret void
}
define internal void @inner() {
  ret void
}
define weak void @weak() {
  ret void
}
