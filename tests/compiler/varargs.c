// SPDX-License-Identifier: MIT
// A variadic definition becomes a naked entry and a body with the area in
// %r10; va_start copies the va_list from there, the exit restores the SSP.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
#include <stdarg.h>
int vsum(int n, va_list ap);

// One integer register and one vector register are taken.
// CHECK: @sum.vdesc = internal constant {{.*}} { ptr @sum.va, i32 8, i32 64, i32 0, i32 0 }
// 24 bytes of named arguments lie on the stack.
// CHECK: @onstack.vdesc = internal constant {{.*}} { ptr @onstack.va, i32 0, i32 48, i32 24, i32 0 }

// CHECK: define{{.*}} i32 @sum(i32{{.*}}, double{{.*}}, ...) {{.*}}prefix i64 -4327944540536119722
// CHECK: call void asm sideeffect "leaq \22sum.vdesc\22(%rip), %r11\0A\09jmpq *__vine_variadic@GOTPCREL(%rip)"
// CHECK: define internal i32 @sum.va(ptr nest{{.*}}, i32{{.*}}, double
// CHECK-NOT: llvm.va_start
// CHECK: ret i32
int sum(int n, double d, ...) {
  va_list ap;
  va_start(ap, d);
  int s = vsum(n, ap);
  va_end(ap);
  return s;
}

struct mem { long w[3]; };
int onstack(struct mem m, ...) { return vsum(m.w[0], 0); }

// Calls inside the module pass N as well.
// CHECK-LABEL: define{{.*}} @caller
// CHECK: call i32 (ptr, i32, double, ...) @sum(ptr nest inttoptr (i64 64 to ptr), i32
int caller(void) { return sum(1, 2.0, 1, 2, 3, 4, 5, 6) + 1; }
