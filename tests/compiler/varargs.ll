; SPDX-License-Identifier: MIT
; A variadic function becomes a naked entry, a descriptor and a body that finds
; its arguments in an area.
; RUN: %opt -passes=vine-varargs -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @llvm.va_start(ptr)
declare void @llvm.va_end(ptr)

; One integer register is named: integers begin at 8, vectors at 48.
; CHECK: @sum.vdesc = internal constant { ptr, i32, i32, i32, i32 } { ptr @sum.va, i32 8, i32 48, i32 0, i32 0 }
; CHECK: define i32 @sum(i32 %0, ...) #[[NAKED:[0-9]+]] align 16 prefix i64
; CHECK: asm sideeffect "leaq {{.*}}sum.vdesc{{.*}}, %r11{{.*}}jmp __vine_variadic"
; CHECK: define internal i32 @sum.va(ptr nest %0, i32 %n)
; CHECK-COUNT-3: load i64
; CHECK-NOT: va_start
; CHECK: ret i32
; CHECK: attributes #[[NAKED]] = { naked noinline nounwind "vine-variadic-body" }
define i32 @sum(i32 %n, ...) {
  %list = alloca [24 x i8]
  call void @llvm.va_start(ptr %list)
  call void @llvm.va_end(ptr %list)
  ret i32 %n
}
