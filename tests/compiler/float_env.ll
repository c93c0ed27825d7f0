; SPDX-License-Identifier: MIT
; The runtime hears of what may have changed the floating-point environment.
; RUN: %opt -passes=vine-float-env -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare i32 @fesetround(i32)
declare i32 @fegetround()

; CHECK-LABEL: define i32 @sets
; CHECK: call i32 @fesetround(i32 %m)
; CHECK-NEXT: call void @__vine_fp_changed()
define i32 @sets(i32 %m) {
  %r = call i32 @fesetround(i32 %m)
  ret i32 %r
}
; CHECK-LABEL: define void @loads
; CHECK: call void asm sideeffect "ldmxcsr
; CHECK-NEXT: call void @__vine_fp_changed()
define void @loads(ptr %p) {
  call void asm sideeffect "ldmxcsr $0", "*m"(ptr elementtype(i32) %p)
  ret void
}
; CHECK-LABEL: define i32 @asks
; CHECK-NOT: __vine_fp_changed()
; CHECK: ret
define i32 @asks() {
  %r = call i32 @fegetround()
  ret i32 %r
}
