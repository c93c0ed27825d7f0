; SPDX-License-Identifier: MIT
; Where a linker optimises, what vinecc didn't compile is foreign, and nothing is
; inlined into it or out of it.
; RUN: %opt -passes=vine-link -S %s -o - | %filecheck %s
; RUN: %opt -passes='vine-link,default<O2>' -S %s -o - | %filecheck %s --check-prefix=LATE
target triple = "x86_64-pc-linux-gnu"
@g = global i32 0
declare void @other()

; CHECK: define i32 @ours() [[OURS:#[0-9]+]]
; CHECK: call i32 @theirs()
; LATE-LABEL: define {{.*}}i32 @ours()
; LATE: call i32 @__vine_c_theirs()
define i32 @ours() "vine-ours" {
  %x = call i32 @theirs()
  ret i32 %x
}
; CHECK: define i32 @theirs() [[THEIRS:#[0-9]+]]
; CHECK: call i32 @small() [[CALL:#[0-9]+]]
; LATE-LABEL: define {{.*}}i32 @theirs()
; LATE: call i32 @small()
; LATE: call void @other()
define i32 @theirs() alwaysinline {
  %x = call i32 @small()
  call void @other()
  ret i32 %x
}
define i32 @small() "vine-ours" {
  %x = load volatile i32, ptr @g
  ret i32 %x
}
; CHECK-DAG: attributes [[OURS]] = { "vine-ours" }
; CHECK-DAG: attributes [[THEIRS]] = { noinline "vine-foreign" }
; CHECK-DAG: attributes [[CALL]] = { noinline }
