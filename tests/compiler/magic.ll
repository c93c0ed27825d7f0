; SPDX-License-Identifier: MIT
; The magic lies before the words that others put before an entry, and the
; runtime is told how far away.
; RUN: %opt -passes=vine-stack-check -S %s | %filecheck %s
; RUN: %opt -passes=vine-stack-check,vine-magic -S %s | %filecheck --check-prefix=ALL %s
target triple = "x86_64-unknown-linux-gnu"

; ALL: @llvm.global_ctors = appending global {{.*}} @vine.magic

; CHECK-LABEL: define void @plain() {{.*}}align 16 prefix i64 -4327944540536119722 {
define void @plain() {
  ret void
}

; CHECK-LABEL: define void @typed() {{.*}}align 32 prefix i64 -4327944540536119722 !func_sanitize
define void @typed() !func_sanitize !0 {
  ret void
}

; CHECK-LABEL: define void @nops() {{.*}}align 64 prefix i64
define void @nops() "patchable-function-prefix"="40" {
  ret void
}

; CHECK-LABEL: define void @prefixed() {{.*}}align 32 prefix <{ i64, i64 }> <{ i64 -4327944540536119722, i64 7 }>
define void @prefixed() prefix i64 7 {
  ret void
}

; ALL-LABEL: define internal void @vine.magic()
; ALL-DAG: call void @__vine_magic_at(i32 16)
; ALL-DAG: call void @__vine_magic_at(i32 48)
; ALL: ret void

!0 = !{i32 846595819, i32 12345}
