; SPDX-License-Identifier: MIT
; In what may be a shared library a thread-local address comes from a call, one
; for all accesses up to the next call. Variables of another model are left to
; vine-thread-local.
; RUN: %opt -passes=vine-dynamic-tls,vine-foreign-calls -S %s -o - | %filecheck %s
; For fixed stacks, too.
; RUN: %opt -passes=vine-early,vine-late -vine-fixed -S %s -o - | %filecheck %s --check-prefix=FIXED
target triple = "x86_64-pc-linux-gnu"
@x = external thread_local global i32
@y = internal thread_local(localdynamic) global i32 5
@z = external thread_local(initialexec) global i32
declare ptr @llvm.threadlocal.address.p0(ptr)
declare void @f()

; CHECK-LABEL: define i32 @twice
; CHECK: [[X:%.*]] = call ptr @__vine_t_x()
; CHECK-NEXT: load i32, ptr [[X]]
; CHECK-NEXT: [[Y:%.*]] = call ptr @__vine_t_y()
; CHECK-NEXT: load i32, ptr [[Y]]
; CHECK-NEXT: load i32, ptr [[X]]
; CHECK: call void @__vine_c_f()
; CHECK-NEXT: [[X2:%.*]] = call ptr @__vine_t_x()
; CHECK-NEXT: load i32, ptr [[X2]]
; CHECK: call ptr @__vine_tls_addr.z(ptr @z)
define i32 @twice() {
  %p = call ptr @llvm.threadlocal.address.p0(ptr @x)
  %q = call ptr @llvm.threadlocal.address.p0(ptr @y)
  %r = call ptr @llvm.threadlocal.address.p0(ptr @z)
  %a = load i32, ptr %p
  %b = load i32, ptr %q
  %c = load i32, ptr %p
  call void @f()
  %d = load i32, ptr %p
  %e = load i32, ptr %r
  %s = add i32 %a, %b
  %t = add i32 %s, %c
  %u = add i32 %t, %d
  %v = add i32 %u, %e
  ret i32 %v
}

; CHECK: define internal nonnull ptr @__vine_t_x()
; CHECK: asm sideeffect {{.*}}__vine_tls{{.*}}@TLSGD(%rip), %rdi{{.*}}__tls_get_addr@PLT{{.*}}(ptr @x)
; CHECK: define internal nonnull ptr @__vine_t_y()

; FIXED-LABEL: define i32 @twice
; FIXED: call ptr @__vine_t_x()
; FIXED: define internal nonnull ptr @__vine_t_x()
; FIXED: @TLSGD(%rip), %rdi{{.*}}(ptr @x)

!llvm.module.flags = !{!0}
!0 = !{i32 8, !"PIC Level", i32 2}
