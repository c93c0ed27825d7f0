; SPDX-License-Identifier: MIT
; A tight loop that counts, and ends nowhere else, is left alone for few
; iterations. A copy polls between strips.
; RUN: %opt -passes=vine-loop-polls -S %s -o %t
; RUN: %filecheck %s --input-file=%t
; RUN: %opt -passes=verify -disable-output %t
target triple = "x86_64-pc-linux-gnu"

; CHECK-LABEL: define i64 @counts
; CHECK: [[ROOM:%.*]] = sub i64 %n, 0
; CHECK: [[FAR:%.*]] = icmp ugt i64 [[ROOM]], 4000
; CHECK: br i1 [[FAR]], label %[[OUTER:.*]], label %loop
; CHECK: loop:
; CHECK-NEXT: %i = phi
; CHECK-NOT: 112
; CHECK: br i1 %c, label %loop, label %[[DONE:.*]]
; CHECK: strip.between:
; CHECK: br i1 %{{.*}}, label %strip.again, label %[[DONE]]
; CHECK: strip.again:
; CHECK: icmp eq i64 {{.*}}, -2
; CHECK: call preserve_allcc void @__vine_poll()
; CHECK: [[DONE]]:
; CHECK-NEXT: [[J:%.*]] = phi i64
; CHECK-NEXT: sub i64 [[J]], 1
; CHECK: [[OUTER]]:
; CHECK: %strip.end = select i1 %{{.*}}, i64 %{{.*}}, i64 %n
; CHECK: loop.many:
; CHECK-NOT: 112
; CHECK: [[C:%.*]] = icmp ult i64 %{{.*}}, %strip.end
; CHECK: br i1 [[C]], label %loop.many, label %strip.between
define i64 @counts(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ult i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret i64 %i
}

; It may be over after an iteration or two: comparing first costs more.
; CHECK-LABEL: define void @ends_elsewhere
; CHECK-NOT: strip
; CHECK: call preserve_allcc void @__vine_poll()
; CHECK: ret void
define void @ends_elsewhere(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %more ]
  %v = load volatile i32, ptr %p
  %z = icmp eq i32 %v, 0
  br i1 %z, label %more, label %done
more:
  %j = add i64 %i, 1
  %c = icmp ne i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; Steps of four may pass the bound, and go round for ever.
; CHECK-LABEL: define void @passes_bound
; CHECK-NOT: strip
; CHECK: call preserve_allcc void @__vine_poll()
; CHECK: ret void
define void @passes_bound(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 4
  %c = icmp ne i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; It begins with its bound, maybe, and then counts through all numbers: the
; distance is that of the next value.
; CHECK-LABEL: define void @goes_round
; CHECK: sub i64 %n, 1
; CHECK: ret void
define void @goes_round(ptr %p, i64 %n) {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ne i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; A copy would make it larger.
; CHECK-LABEL: define void @small
; CHECK-NOT: strip
; CHECK: ret void
define void @small(ptr %p, i64 %n) optsize {
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %j, %loop ]
  store volatile i32 1, ptr %p
  %j = add i64 %i, 1
  %c = icmp ne i64 %j, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
