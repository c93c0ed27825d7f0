; SPDX-License-Identifier: MIT
; A call of another object goes through a thunk that the linker may replace; leaf
; functions of libc and the runtime's own are called as they are.
; RUN: %opt -passes=vine-foreign-calls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f(i32)
declare void @many(i64, i64, i64, i64, i64, i64, i64, i64)
declare i32 @printf(ptr, ...)
declare i64 @strlen(ptr)
declare void @__vine_pin()

; CHECK-LABEL: define void @calls
; CHECK: call void @__vine_c_f(i32 1)
; CHECK: call void @__vine_c_many.64(
; CHECK: call i32 (ptr, ptr, ...) @__vine_cv_printf(ptr nest null, ptr %s)
; CHECK: call i64 @strlen(ptr %s)
; CHECK: call void @__vine_pin()
; CHECK: call void @ours()
define void @calls(ptr %s) {
  call void @f(i32 1)
  call void @many(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8)
  %r = call i32 (ptr, ...) @printf(ptr %s)
  %n = call i64 @strlen(ptr %s)
  call void @__vine_pin()
  call void @ours()
  ret void
}
define internal void @ours() {
  ret void
}
; CHECK: define linkonce hidden void @__vine_c_f() #{{[0-9]+}} comdat
; CHECK: asm sideeffect "movq {{.*}}f{{.*}}GOTPCREL(%rip), %r11{{.*}}jmp __vine_foreign"
; CHECK: define linkonce hidden void @__vine_c_many.64()
; CHECK: movl $$64, %r10d{{.*}}jmp __vine_foreign_args
