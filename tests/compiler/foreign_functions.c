// SPDX-License-Identifier: MIT
// Marked, naked and sanitized functions are left alone, and called like any
// foreign function.
// RUN: %vcc -O2 -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -fsanitize=address -S -emit-llvm %s -o - | %filecheck %s --check-prefix=ASAN
void take(int *);
#define VINE_FOREIGN __attribute__((annotate("vine_foreign")))

// CHECK-LABEL: define{{.*}} @marked
// CHECK-NOT: prefix
// CHECK: alloca
// CHECK: call void @take(
VINE_FOREIGN void marked(void) {
  int x = 1;
  take(&x);
}
static VINE_FOREIGN void hidden(void) {
  int x = 1;
  take(&x);
}
__attribute__((naked)) void bare(void) { __asm__("ret"); }

// CHECK-LABEL: define{{.*}} @calls
// CHECK: call void @__vine_c_marked()
// CHECK: call void @__vine_icall(ptr nest {{.*}}@hidden)
// CHECK: call void @__vine_c_bare()
// ASAN-LABEL: define{{.*}} @calls
// ASAN: call void @marked()
void calls(void) {
  marked();
  hidden();
  bare();
}
