; SPDX-License-Identifier: MIT
; Remarks go into a file for tools, and nowhere unless somebody asks.
; RUN: %opt -passes=vine-side-stack -pass-remarks-output=%t.yaml -disable-output %s && %filecheck %s < %t.yaml
; RUN: %opt -passes=vine-side-stack -disable-output %s 2>&1 | %filecheck %s --check-prefix=SILENT --allow-empty
; RUN: %opt -passes=vine-side-stack -pass-remarks-analysis=inline -disable-output %s 2>&1 | %filecheck %s --check-prefix=SILENT --allow-empty
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)

; CHECK: --- !Analysis
; CHECK-NEXT: Pass: vine
; CHECK-NEXT: Name: LocalMoved
; CHECK-NEXT: Function: f
; CHECK-NEXT: Args:
; CHECK: - Local: x
; CHECK: - Bytes: '4'
; CHECK: - Reason: 'its address is passed to ''take'''
; SILENT-NOT: {{.}}
define void @f() {
  %x = alloca i32
  call void @take(ptr %x)
  ret void
}
