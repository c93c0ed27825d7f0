; SPDX-License-Identifier: MIT
; The canary is checked before a call that unwinds and never returns, not before
; one that only never returns. The scope of a VLA keeps what the chain of
; canaries was before it, and its end walks down to that. A setjmp that returns
; resets the chain.
; RUN: %opt -passes=vine-side-stack -S %s -o - | %filecheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @take(ptr)
declare void @throws() noreturn
declare void @ends() noreturn nounwind
declare i32 @__vine_setjmp(ptr) returns_twice
declare ptr @llvm.stacksave()
declare void @llvm.stackrestore(ptr)

; CHECK-LABEL: define void @unwinds
; CHECK: call void @take
; CHECK: icmp ne i64 %guard{{.*}}, %canary
; CHECK: call void @throws()
define void @unwinds() sspstrong {
  %a = alloca [16 x i8]
  call void @take(ptr %a)
  call void @throws()
  unreachable
}

; CHECK-LABEL: define void @leaves
; CHECK: call void @take
; CHECK-NOT: %canary
; CHECK: call void @ends()
define void @leaves() sspstrong {
  %a = alloca [16 x i8]
  call void @take(ptr %a)
  call void @ends()
  unreachable
}

; CHECK-LABEL: define void @scope
; CHECK: [[BEFORE:%.*]] = load ptr, ptr %canaries
; CHECK: store ptr [[BEFORE]], ptr [[SAVE:%.*]], align 8
; CHECK: [[SSP:%.*]] = getelementptr inbounds i8, ptr [[SAVE]], i64 16
; CHECK: call void @take
; CHECK: [[AT:%.*]] = getelementptr {{.*}}i8, ptr [[SSP]], i64 -16
; CHECK: [[LAST:%.*]] = load ptr, ptr [[AT]]
; CHECK: [[RECORD:%.*]] = phi ptr
; CHECK: icmp eq ptr [[RECORD]], [[LAST]]
; CHECK: icmp ne i64 %guard{{.*}}, %canary
; CHECK: store ptr [[LAST]], ptr %canaries
; CHECK: icmp eq ptr {{.*}}, null
; CHECK: call void @__stack_chk_fail
define void @scope(i64 %n) sspstrong {
  %s = call ptr @llvm.stacksave()
  %x = alloca i8, i64 %n
  call void @take(ptr %x)
  call void @llvm.stackrestore(ptr %s)
  ret void
}

; CHECK-LABEL: define void @jumps
; CHECK: [[KEPT:%.*]] = load ptr, ptr %canaries
; CHECK-NEXT: call i32 @__vine_setjmp
; CHECK-NEXT: store ptr [[KEPT]], ptr %canaries
define void @jumps(i64 %n, ptr %b) sspstrong {
  call i32 @__vine_setjmp(ptr %b) returns_twice
  %x = alloca i8, i64 %n
  call void @take(ptr %x)
  ret void
}
