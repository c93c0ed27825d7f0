; SPDX-License-Identifier: MIT
; Why a local leaves a frame that may move: each use that isn't direct.
; RUN: %opt -passes=vine-side-stack -pass-remarks-analysis=vine -disable-output %s 2>&1 | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @f()
declare void @take(ptr)
declare void @take_copy(ptr byval([20 x i64]))
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; CHECK: remark: {{.*}}local 'passed' of 4 bytes leaves the frame: its address is passed to 'take'
define void @pass() {
  %passed = alloca i32
  call void @take(ptr %passed)
  ret void
}
; CHECK: local 'pointed' of 4 bytes leaves the frame: its address is passed to a function pointer
define void @pass_to_pointer(ptr %p) {
  %pointed = alloca i32
  call void %p(ptr %pointed)
  ret void
}
; CHECK: local 'stored' of 8 bytes leaves the frame: its address is stored
define void @store(ptr %p) {
  %stored = alloca i64
  store ptr %stored, ptr %p
  call void @f()
  ret void
}
; CHECK: local 'indexed' of 16 bytes leaves the frame: its index isn't constant, and calling 'f' may move the stack
define i32 @index(i64 %i) {
  %indexed = alloca [4 x i32]
  %p = getelementptr [4 x i32], ptr %indexed, i64 0, i64 %i
  call void @f()
  %v = load i32, ptr %p
  ret i32 %v
}
; CHECK: local 'compared' of 4 bytes leaves the frame: its address is compared, and calling 'f' may move the stack
define i1 @compare(ptr %q) {
  %compared = alloca i32
  call void @f()
  %c = icmp eq ptr %compared, %q
  ret i1 %c
}
; CHECK: local 'a' of 8 bytes leaves the frame: its address is one of several to choose from, and calling
; CHECK: local 'b' of 8 bytes leaves the frame: its address is one of several to choose from, and calling
define i32 @choose(i1 %c) {
  %a = alloca i64
  %b = alloca i64
  %p = select i1 %c, ptr %a, ptr %b
  call void @f()
  %v = load i32, ptr %p
  ret i32 %v
}
; CHECK: local 'number' of 4 bytes leaves the frame: its address becomes an integer, and calling
define i64 @number() {
  %number = alloca i32
  call void @f()
  %n = ptrtoint ptr %number to i64
  ret i64 %n
}
; CHECK: local 'atomic' of 4 bytes leaves the frame: it is accessed atomically, and calling
define i32 @atomic() {
  %atomic = alloca i32
  call void @f()
  %v = load atomic i32, ptr %atomic seq_cst, align 4
  ret i32 %v
}
; CHECK: local 'filled' of 80 bytes leaves the frame: it is copied or filled by 80 bytes at once, and calling
define void @fill() {
  %filled = alloca [80 x i8]
  call void @f()
  call void @llvm.memset.p0.i64(ptr %filled, i8 0, i64 80, i1 false)
  ret void
}
; CHECK: local 'varied' of 80 bytes leaves the frame: it is copied or filled by a length that isn't constant, and calling
define void @vary(i64 %n) {
  %varied = alloca [80 x i8]
  call void @f()
  call void @llvm.memset.p0.i64(ptr %varied, i8 0, i64 %n, i1 false)
  ret void
}
; CHECK: local 'value' of 160 bytes leaves the frame: it is passed by value, in memory, and calling 'take_copy' may move the stack
define void @by_value() {
  %value = alloca [20 x i64]
  call void @take_copy(ptr byval([20 x i64]) %value)
  ret void
}
; CHECK: local 'operand' of 4 bytes leaves the frame: inline assembly has its address in a register, and calling
define void @assembly() {
  %operand = alloca i32
  call void @f()
  call void asm sideeffect "nop", "r"(ptr %operand)
  ret void
}
; CHECK: local 'dynamic' leaves the frame: its size isn't known before it is allocated
define void @dynamic(i64 %n) {
  %dynamic = alloca i32, i64 %n
  store volatile i32 0, ptr %dynamic
  ret void
}
; CHECK: local 'argument' of 160 bytes leaves the frame: it is an argument in memory, whose address the backend keeps, and calling 'f' may move the stack
define i64 @argument(ptr byval([20 x i64]) %argument) {
  call void @f()
  %v = load i64, ptr %argument
  ret i64 %v
}
; CHECK-NOT: remark
define i32 @stays() {
  %stays = alloca i32
  store i32 1, ptr %stays
  call void @f()
  %v = load i32, ptr %stays
  ret i32 %v
}
