; SPDX-License-Identifier: MIT
; The location of errno isn't the function's constant that libc declares it.
; RUN: %opt -passes=vine-thread-local -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
; CHECK: call ptr @__errno_location(){{$}}
define ptr @f() {
  %p = call ptr @__errno_location() memory(none)
  ret ptr %p
}
; CHECK: declare ptr @__errno_location() #[[WRITES:[0-9]+]]
; CHECK: declare ptr @elsewhere() #[[PURE:[0-9]+]]
declare ptr @__errno_location() memory(none) speculatable
declare ptr @elsewhere() memory(none)
; CHECK: attributes #[[WRITES]] = { memory(inaccessiblemem: readwrite) }
; CHECK: attributes #[[PURE]] = { memory(none) }
