; SPDX-License-Identifier: MIT
; Which functions are foreign, and stay apart from ours.
; RUN: %opt -passes=vine-foreignness -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
@.text = private constant [13 x i8] c"vine_foreign\00", section "llvm.metadata"
@.file = private constant [2 x i8] c"f\00", section "llvm.metadata"
@llvm.global.annotations = appending global [1 x { ptr, ptr, ptr, i32, ptr }] [
  { ptr, ptr, ptr, i32, ptr } { ptr @marked, ptr @.text, ptr @.file, i32 1, ptr null }
], section "llvm.metadata"
@chosen = ifunc void (), ptr @resolver

; CHECK: define void @ours() {
define void @ours() {
  ret void
}
; CHECK: define void @marked() #[[FOREIGN:[0-9]+]]
define void @marked() alwaysinline {
  ret void
}
; CHECK: define ptr @resolver() #[[FOREIGN]]
define ptr @resolver() {
  ret ptr @ours
}
; CHECK: define void @sanitized() #[[SANITIZED:[0-9]+]]
define void @sanitized() sanitize_address {
  ret void
}
; CHECK: define void @bare() #[[NAKED:[0-9]+]]
define void @bare() naked {
  unreachable
}
; CHECK: define void @forwards(ptr %x, ...) #[[FOREIGN]]
define void @forwards(ptr %x, ...) {
  musttail call void (ptr, ...) @forwards(ptr %x, ...)
  ret void
}
; CHECK: attributes #[[FOREIGN]] = { noinline "vine-foreign" }
; CHECK: attributes #[[SANITIZED]] = { noinline sanitize_address "vine-foreign" }
; CHECK: attributes #[[NAKED]] = { naked noinline "vine-foreign" }
