// SPDX-License-Identifier: MIT
// vine_go stores the arguments into a struct that the trampoline gets by
// value.
// RUN: %vcc -O0 -S -emit-llvm %s -o - | %filecheck %s
void __vine_go_begin(void);
void __vine_go_end(void);
#define vine_go(call) (__vine_go_begin(), (void)(call), __vine_go_end())
void f(int, double);
int g(void);
struct big { long w[5]; };
void h(struct big);

// CHECK-LABEL: define{{.*}} @direct
// CHECK: call i32 @__vine_c_g()
// CHECK: call void @__vine_go(ptr @vine_go.tramp.{{[0-9]+}}, ptr {{.*}}, i64 16)
// CHECK-NOT: @__vine_c_f(
// CHECK: ret void
void direct(void) { vine_go(f(g(), 2.0)); }

// CHECK-LABEL: define{{.*}} @indirect
// CHECK: call void @__vine_go(ptr @vine_go.tramp.{{[0-9]+}}, ptr {{.*}}, i64 32)
void indirect(void (*p)(int, double)) { vine_go(p(1, 2.0)); }

// CHECK-LABEL: define{{.*}} @structure
// CHECK: call void @__vine_go(ptr @vine_go.tramp.{{[0-9]+}}, ptr {{.*}}, i64 48)
void structure(struct big b) { vine_go(h(b)); }

// CHECK: define internal void @vine_go.tramp.{{[0-9]+}}(ptr byval({ i32, double })
// CHECK: call void @__vine_c_f(i32
