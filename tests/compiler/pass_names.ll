; SPDX-License-Identifier: MIT
; -passes= knows stages and rewrites, and nothing else that begins like them.
; RUN: %opt -passes=vine-early,vine-late -disable-output %s
; RUN: %opt -passes=vine-foreignness,vine-go,vine-thread-local,vine-char-tables -disable-output %s
; RUN: %opt -passes=vine-entry,vine-setjmp,vine-own-malloc,vine-wide-returns,vine-varargs -disable-output %s
; RUN: %opt -passes=vine-diagnostics,vine-lib-calls,vine-float-env,vine-pin -disable-output %s
; RUN: %opt -passes=vine-side-stack,vine-foreign-calls,vine-loop-polls,vine-stack-check -disable-output %s
; RUN: %not %opt -passes=vine-sidestack -disable-output %s 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK: unknown pass name 'vine-sidestack'
define void @f() {
  ret void
}
