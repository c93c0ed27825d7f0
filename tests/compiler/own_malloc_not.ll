; SPDX-License-Identifier: MIT
; Functions that only have a name of malloc's family are left alone.
; RUN: %opt -passes=vine-own-malloc -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK-NOT: __vine_own

define void @malloc(i64 %n) {
  ret void
}
define internal ptr @calloc(i64 %n, i64 %m) {
  ret ptr null
}
define i32 @free(ptr %p) {
  ret i32 0
}
declare ptr @realloc(ptr, i64)
define ptr @user(ptr %p) {
  %q = call ptr @realloc(ptr %p, i64 1)
  %r = call ptr @calloc(i64 1, i64 1)
  ret ptr %q
}
