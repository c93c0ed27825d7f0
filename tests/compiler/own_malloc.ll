; SPDX-License-Identifier: MIT
; A malloc of the program's own asks the runtime first. Locals stay in the entry
; block. Not: functions of other types, or of no name that others see.
; RUN: %opt -passes=vine-own-malloc -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @use(ptr)

; CHECK: @free = alias void (ptr), ptr @my_free
@free = alias void (ptr), ptr @my_free

; CHECK-LABEL: define ptr @malloc(i64 %n)
; CHECK-NEXT: %early = alloca i32
; CHECK-NEXT: %late = alloca i64
; CHECK-NEXT: [[P:%.*]] = call ptr @__vine_own_alloc(i64 1, i64 %n)
; CHECK-NEXT: [[YES:%.*]] = icmp ne ptr [[P]], null
; CHECK-NEXT: br i1 [[YES]], label %own.yes, label %own
; CHECK: own.yes:
; CHECK-NEXT: ret ptr [[P]]
; CHECK: own:
; CHECK-NEXT: call void @use(ptr %early)
define ptr @malloc(i64 %n) {
  %early = alloca i32
  call void @use(ptr %early)
  %late = alloca i64
  ret ptr %late
}

; CHECK-LABEL: define ptr @calloc
; CHECK-NEXT: call ptr @__vine_own_alloc(i64 %n, i64 %m)
define ptr @calloc(i64 %n, i64 %m) {
  ret ptr null
}

; CHECK-LABEL: define void @my_free
; CHECK-NEXT: [[OURS:%.*]] = call i1 @__vine_own_free(ptr %p)
; CHECK-NEXT: br i1 [[OURS]], label %own.yes, label %own
define void @my_free(ptr %p) {
  ret void
}

; CHECK-LABEL: define ptr @realloc
; CHECK-NEXT: call i1 @__vine_own_has(ptr %p)
; CHECK: own.yes:
; CHECK-NEXT: [[Q:%.*]] = call ptr @malloc(i64 %n)
; CHECK-NEXT: [[R:%.*]] = call ptr @__vine_own_move(ptr [[Q]], ptr %p, i64 %n)
; CHECK-NEXT: ret ptr [[R]]
define ptr @realloc(ptr %p, i64 %n) {
  ret ptr %p
}

; CHECK-LABEL: define ptr @other
; CHECK-NEXT: call ptr @malloc
define ptr @other(i64 %n) {
  %p = call ptr @malloc(i64 %n)
  ret ptr %p
}
