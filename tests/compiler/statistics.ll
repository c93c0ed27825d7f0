; SPDX-License-Identifier: MIT
; -stats counts what each rewrite did, and only then.
; RUN: %opt -passes=vine-early,vine-late -stats -disable-output %s 2>&1 | %filecheck %s
; RUN: %opt -passes=vine-early,vine-late -disable-output %s 2>&1 | %filecheck %s --check-prefix=SILENT --allow-empty
; SILENT-NOT: {{.}}
; CHECK-NOT: Statistics are disabled
target triple = "x86_64-pc-linux-gnu"
declare void @f()
declare void @take(ptr)
declare i64 @strlen(ptr)

; CHECK-DAG: 32 vine {{.*}}Bytes of the side stack used by locals of fixed size
; CHECK-DAG: 2 vine {{.*}}Locals moved to the side stack
; CHECK-DAG: 1 vine {{.*}}Locals that stay in the frame
; CHECK-DAG: 1 vine {{.*}}Functions left foreign
; CHECK-DAG: 3 vine {{.*}}Functions instrumented
; CHECK-DAG: 3 vine {{.*}}Calls of other objects, routed by name
; CHECK-DAG: 1 vine {{.*}}Calls through pointers, routed at run time
; CHECK-DAG: {{[0-9]+}} vine {{.*}}Calls of leaves and of the runtime, not routed
; CHECK-DAG: 1 vine {{.*}}Loops that poll for preemption
define i64 @first(ptr %s) {
  %a = alloca i32
  %b = alloca i32
  store volatile i32 0, ptr %b
  call void @take(ptr %a)
  call void @f()
  %n = call i64 @strlen(ptr %s)
  ret i64 %n
}
define void @second(ptr %p) {
  %a = alloca i64
  call void @take(ptr %a)
  call void %p()
  br label %loop
loop:
  %v = load volatile i32, ptr %p
  %c = icmp eq i32 %v, 0
  br i1 %c, label %loop, label %done
done:
  ret void
}
define void @leaf() {
  ret void
}
define void @foreign() sanitize_address {
  ret void
}
