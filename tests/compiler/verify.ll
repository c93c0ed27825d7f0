; SPDX-License-Identifier: MIT
; Each way in which a frame can fail to be movable is found. (The rewrites leave
; these functions alone, since they are foreign, as a broken pass would; they ask
; for a check all the same.) With -vine-verify=0 nobody looks.
; RUN: %not %vcc -O1 -S %s -o /dev/null 2>&1 | %filecheck %s
; RUN: %not %vcc -O0 -S %s -o /dev/null 2>&1 | %filecheck %s --check-prefix=O0
; RUN: %vcc -O1 -mllvm -vine-verify=0 -S %s -o /dev/null
target triple = "x86_64-pc-linux-gnu"
declare void @__vine_c_f()
declare void @__vine_c_take(ptr)
declare void @unknown()
declare i64 @strlen(ptr)
declare void @__vine_pin()
declare fp128 @llvm.experimental.constrained.sin.f128(fp128, metadata, metadata)
@global = external global ptr

; CHECK: error: {{.*}}in function passes {{.*}}vine: an address of the frame is passed to a call: CALL64pcrel32 {{.*}}@__vine_c_take
define void @passes() "vine-foreign" "vine-check" {
  %a = alloca i64
  call void @__vine_c_take(ptr %a)
  ret void
}
; CHECK: in function keeps {{.*}}vine: an address of the frame from before a call is used: MOV64mi32 {{.*}}$rbx
; O0: in function keeps {{.*}}vine: the frame holds an address of itself from before a call
define void @keeps() "vine-foreign" "vine-check" {
  %a = alloca i64
  %p = call ptr asm sideeffect "", "=r,0"(ptr %a)
  call void @__vine_c_f()
  store i64 1, ptr %p
  ret void
}
; CHECK: in function loops {{.*}}vine: an address of the frame from before a call is used
define void @loops() "vine-foreign" "vine-check" {
  %a = alloca i64
  %p = call ptr asm sideeffect "", "=r,0"(ptr %a)
  br label %loop
loop:
  %v = load volatile i64, ptr %p
  call void @__vine_c_f()
  %c = icmp eq i64 %v, 0
  br i1 %c, label %loop, label %out
out:
  ret void
}
; CHECK: in function spills {{.*}}vine: the frame holds an address of itself from before a call: {{.*}} MOV64rm
define void @spills() "vine-foreign" "vine-check" {
  %a = alloca i64
  %p = call ptr asm sideeffect "", "=r,0"(ptr %a)
  call void asm sideeffect "", "~{rax},~{rbx},~{rcx},~{rdx},~{rsi},~{rdi},~{r8},~{r9},~{r10},~{r11},~{r12},~{r13},~{r14},~{r15},~{rbp}"()
  call void @__vine_c_f()
  call void asm sideeffect "", "~{rax},~{rbx},~{rcx},~{rdx},~{rsi},~{rdi},~{r8},~{r9},~{r10},~{r11},~{r12},~{r13},~{r14},~{r15},~{rbp}"()
  store i64 1, ptr %p
  ret void
}
; CHECK: in function stores {{.*}}vine: an address of the frame is stored outside of it: MOV64mr
define void @stores() "vine-foreign" "vine-check" {
  %a = alloca i64
  store ptr %a, ptr @global
  call void @__vine_c_f()
  ret void
}
; CHECK: in function invents {{.*}}vine: call of 'sin{{f128|l}}', which may need more stack than there is
define fp128 @invents(fp128 %x) strictfp "vine-foreign" "vine-check" {
  %y = call fp128 @llvm.experimental.constrained.sin.f128(fp128 %x, metadata !"round.dynamic", metadata !"fpexcept.strict") strictfp
  ret fp128 %y
}
; CHECK: in function foreign {{.*}}vine: call of 'unknown', which may need more stack than there is
define void @foreign() "vine-foreign" "vine-check" {
  call void @unknown()
  ret void
}
; CHECK: in function indirect {{.*}}vine: call through a pointer, past the runtime
define void @indirect(ptr %f) "vine-foreign" "vine-check" {
  call void %f()
  ret void
}

; No more: dead values, leaves of the C library, functions without calls, pinned
; ones.
; CHECK-NOT: in function
; O0-NOT: in function {{dead|leaf|quiet|pinned}}
define void @dead() "vine-foreign" "vine-check" {
  %a = alloca i64
  %p = call ptr asm sideeffect "", "=r,0"(ptr %a)
  store i64 1, ptr %p
  call void @__vine_c_f()
  ret void
}
define i64 @leaf() "vine-foreign" "vine-check" {
  %a = alloca i64
  call void @__vine_c_f()
  store i64 0, ptr %a
  %n = call i64 @strlen(ptr %a)
  ret i64 %n
}
define ptr @quiet() "vine-foreign" "vine-check" {
  %a = alloca i64
  store ptr %a, ptr @global
  ret ptr %a
}
define void @pinned() "vine-foreign" "vine-check" {
  %a = alloca i64
  call void @__vine_pin()
  call void @__vine_c_take(ptr %a)
  ret void
}
