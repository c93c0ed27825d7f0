; SPDX-License-Identifier: MIT
; Early, location and load become one call, which may be merged; late, they are
; two again, once for both uses.
; RUN: %opt -passes=vine-early -S %s -o - | %filecheck %s --check-prefix=EARLY
; RUN: %opt -passes='vine-early,function(early-cse<memssa>),vine-char-tables' -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare ptr @__ctype_b_loc()

; EARLY-LABEL: define i16 @two
; EARLY-NOT: @__ctype_b_loc()
; EARLY-COUNT-2: call ptr @__vine_table.__ctype_b_loc()
; CHECK-LABEL: define i16 @two
; CHECK: [[L:%.*]] = call ptr @__ctype_b_loc()
; CHECK: load ptr, ptr [[L]]
; CHECK-NOT: call
; CHECK: ret
define i16 @two() {
  %p = call ptr @__ctype_b_loc()
  %t = load ptr, ptr %p
  %a = load i16, ptr %t
  %q = call ptr @__ctype_b_loc()
  %u = load ptr, ptr %q
  %v = getelementptr i16, ptr %u, i64 1
  %b = load i16, ptr %v
  %s = add i16 %a, %b
  ret i16 %s
}
