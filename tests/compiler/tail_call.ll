; SPDX-License-Identifier: MIT
; The side stack is given back before a tail call, which stays one.
; RUN: %opt -passes=vine-late -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)
declare i32 @next(i32)

; CHECK-LABEL: define i32 @jumps
; CHECK: call void @__vine_c_take
; CHECK: store volatile i64 {{.*}}inttoptr (i64 96
; CHECK-NEXT: tail call i32 @__vine_c_next
; CHECK-NEXT: ret i32
define i32 @jumps() {
  %x = alloca i32
  call void @take(ptr %x)
  %r = tail call i32 @next(i32 1)
  ret i32 %r
}

; CHECK-LABEL: define i32 @must
; CHECK: call void @__vine_c_take
; CHECK: store volatile i64 {{.*}}inttoptr (i64 96
; CHECK-NEXT: musttail call i32 @__vine_c_next
; CHECK-NEXT: ret i32
define i32 @must(i32 %a) {
  %x = alloca i32
  call void @take(ptr %x)
  %r = musttail call i32 @next(i32 %a)
  ret i32 %r
}
