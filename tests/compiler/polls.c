// SPDX-License-Identifier: MIT
// A loop that passes no checked prologue polls; quick ones needn't.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
// RUN: %vcc -O1 -mllvm -vine-poll=0 -S -emit-llvm %s -o - | %filecheck %s --check-prefix=OFF
// OFF-NOT: __vine_poll
void other(void);
__attribute__((noinline)) int leaf(int x) { return x * 3; }
__attribute__((noinline)) void checked(void) { other(); other(); }

// CHECK-LABEL: define{{.*}} @spin
// CHECK: icmp eq i64 {{.*}}, -2
// CHECK: call preserve_allcc void @__vine_poll()
void spin(volatile int *p) {
  while (!*p)
    ;
}

// CHECK-LABEL: define{{.*}} @calls_leaf
// CHECK: @__vine_poll()
// CHECK: ret
int calls_leaf(volatile int *p) {
  int s = 0;
  while (!*p)
    s += leaf(s);
  return s;
}

// CHECK-LABEL: define{{.*}} @calls_other
// CHECK: @__vine_poll()
// CHECK: ret
void calls_other(volatile int *p) {
  while (!*p)
    other();
}

// CHECK-LABEL: define{{.*}} @calls_checked
// CHECK-NOT: @__vine_poll()
// CHECK: ret
void calls_checked(volatile int *p) {
  while (!*p)
    checked();
}

// CHECK-LABEL: define{{.*}} @quick
// CHECK-NOT: @__vine_poll()
// CHECK: ret
void quick(volatile int *p) {
  for (int i = 0; i < 100; i++)
    p[i] = i;
}

// CHECK-LABEL: define{{.*}} @nested
// CHECK: @__vine_poll()
void nested(volatile int *p) {
  for (int i = 0; i < 1000; i++)
    for (int j = 0; j < 1000; j++)
      *p = j;
}

// A tight loop that counts polls between strips of iterations.
// CHECK-LABEL: define{{.*}} @counts
// CHECK: icmp eq i64 {{.*}}, -2
// CHECK: call {{.*}}@__vine_poll()
// CHECK: icmp ugt i64 {{.*}}, {{[0-9]+}}
// CHECK: select i1
void counts(volatile int *p, long n) {
  for (long i = 0; i < n; i++)
    *p = 1;
}
