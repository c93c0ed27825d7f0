; SPDX-License-Identifier: MIT
; A definition by the name of a leaf of libc keeps what libc's promises: by an
; entry that pins. Each module lists the leaves that it calls.
; RUN: %opt -passes=vine-own-leaf -S %s | %filecheck %s
target triple = "x86_64-unknown-linux-gnu"

; CHECK-DAG: module asm "{{.*}}__vine_leaf_memset,comdat
; CHECK-DAG: module asm ".long memset@GOTPCREL"
; CHECK-DAG: module asm ".long strlen@GOTPCREL"
; CHECK-NOT: memchr@GOTPCREL

declare i64 @strlen(ptr)
declare ptr @memchr(ptr, i32, i64)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; CHECK: define dso_local i64 @strnlen(ptr %{{.*}}, i64 %{{.*}}) [[ENTRY:#[0-9]+]] align 16 prefix
; CHECK: asm sideeffect "leaq \22strnlen.leaf\22(%rip), %r11\0A\09movl $$0, %r10d\0A\09jmp __vine_own_leaf", "s"(ptr @strnlen.leaf)
; CHECK: define internal i64 @strnlen.leaf(ptr %s, i64 %max)
define dso_local i64 @strnlen(ptr %s, i64 %max) {
  %n = call i64 @strlen(ptr %s)
  call void @llvm.memset.p0.i64(ptr %s, i8 0, i64 %n, i1 false)
  ret i64 %n
}

; Arguments on the stack.
; CHECK: define x86_fp80 @fabsl
; CHECK: movl $$32, %r10d
define x86_fp80 @fabsl(x86_fp80 %x) {
  ret x86_fp80 %x
}

; Nobody else calls it.
; CHECK: define internal i32 @ffs(i32 %i) {
; CHECK-NEXT: ret
define internal i32 @ffs(i32 %i) {
  ret i32 %i
}

; CHECK-LABEL: define i64 @caller
; CHECK: call i64 @strnlen.leaf(
define i64 @caller(ptr %s) {
  %n = call i64 @strnlen(ptr %s, i64 9)
  ret i64 %n
}

; CHECK-LABEL: define weak i32 @abs
; CHECK: jmp __vine_own_leaf
define weak i32 @abs(i32 %i) {
  ret i32 %i
}

; Another may take its place.
; CHECK-LABEL: define i32 @weak_caller
; CHECK: call i32 @abs(
define i32 @weak_caller(i32 %i) {
  %n = call i32 @abs(i32 %i)
  ret i32 %n
}

; CHECK: attributes [[ENTRY]] = { naked
