; SPDX-License-Identifier: MIT
; Under -femulated-tls a thread-local address is a routed call; the variables
; that describe it are made as the backend makes them.
; RUN: %opt -passes=vine-early,vine-late -vine-emulated-tls -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
@zero = thread_local global i32 0
@seven = internal thread_local global i64 7, align 32
@other = external thread_local global i32
declare ptr @llvm.threadlocal.address.p0(ptr)

; CHECK-DAG: @__emutls_v.zero = {{.*}}global { i64, i64, ptr, ptr } { i64 4, i64 4, ptr null, ptr null }, align 8
; CHECK-DAG: @__emutls_t.seven = internal constant i64 7, align 32
; CHECK-DAG: @__emutls_v.seven = internal global { i64, i64, ptr, ptr } { i64 8, i64 32, ptr null, ptr @__emutls_t.seven }, align 8
; CHECK-DAG: @__emutls_v.other = external global { i64, i64, ptr, ptr }, align 8
; CHECK-LABEL: define i32 @sum
; CHECK: call ptr @__vine_c___emutls_get_address(ptr @__emutls_v.zero)
; CHECK: call ptr @__vine_c___emutls_get_address(ptr @__emutls_v.seven)
; CHECK: call ptr @__vine_c___emutls_get_address(ptr @__emutls_v.other)
; CHECK-NOT: GOTTPOFF
define i32 @sum() {
  %p = call ptr @llvm.threadlocal.address.p0(ptr @zero)
  %a = load i32, ptr %p
  %q = call ptr @llvm.threadlocal.address.p0(ptr @seven)
  %b = load i32, ptr %q
  %r = call ptr @llvm.threadlocal.address.p0(ptr @other)
  %c = load i32, ptr %r
  %s = add i32 %a, %b
  %t = add i32 %s, %c
  ret i32 %t
}
