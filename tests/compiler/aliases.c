// SPDX-License-Identifier: MIT
// Strong definitions that others can call have a strong hidden alias; weak
// ones none, and calls of them ask which one the linker kept.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
// CHECK: @__vine_c_strong = hidden alias i32 (), ptr @strong
// CHECK: @__vine_cv_strongv = hidden alias {{.*}}, ptr @strongv
// CHECK-NOT: @__vine_c_local = hidden alias
// CHECK-NOT: @__vine_c_weak = hidden alias
int other(void);
int strong(void) { return other(); }
int strongv(int n, ...) { return other() + n; }
__attribute__((noinline)) static int local(void) { return other() + other(); }
__attribute__((weak)) int weak(void) { return other(); }

// CHECK-LABEL: define{{.*}} @calls
// CHECK: call{{.*}} i32 @local()
// CHECK: call i32 @__vine_c_weak()
int calls(void) { return local() + weak(); }
