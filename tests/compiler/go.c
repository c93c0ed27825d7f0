// SPDX-License-Identifier: MIT
// vine_go passes up to four words in registers, extended as the callee expects;
// other arguments go into a struct that the trampoline gets by value.
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
// CHECK: call void @__vine_go(ptr @vine_go.tramp.{{[0-9]+}}.f, ptr {{.*}}, i64 16)
// CHECK-NOT: @__vine_c_f(
// CHECK: ret void
void direct(void) { vine_go(f(g(), 2.0)); }

// The runtime is told of a null target.
// CHECK-LABEL: define{{.*}} @indirect
// CHECK: [[NULL:%.*]] = icmp eq ptr {{%.*}}, null
// CHECK: [[START:%.*]] = select i1 [[NULL]], ptr null, ptr @vine_go.tramp.{{[0-9]+}}
// CHECK: call void @__vine_go(ptr [[START]], ptr {{.*}}, i64 32)
void indirect(void (*p)(int, double)) { vine_go(p(1, 2.0)); }

// CHECK-LABEL: define{{.*}} @structure
// CHECK: call void @__vine_go(ptr @vine_go.tramp.{{[0-9]+}}.h, ptr {{.*}}, i64 48)
void structure(struct big b) { vine_go(h(b)); }

// CHECK-LABEL: define{{.*}} @words
// CHECK: %[[S:.*]] = sext i8 {{.*}} to i64
// CHECK: %[[P:.*]] = ptrtoint ptr {{.*}} to i64
// CHECK: call void @__vine_go_words(ptr @k, i64 %[[S]], i64 %[[P]], i64 7, i64 0)
double k(signed char, void *, unsigned);
void words(signed char c, void *p) { vine_go(k(c, p, 7)); }

// CHECK-LABEL: define{{.*}} @through_pointer
// CHECK: call void @__vine_go_words(ptr %{{.*}}, i64 0, i64 0, i64 0, i64 0)
void through_pointer(int (*f)(void)) { vine_go(f()); }

// Five words, a result on the x87 stack, a variadic function: no.
// CHECK-LABEL: define{{.*}} @not_words
// CHECK-NOT: __vine_go_words
// CHECK: call void @__vine_go(ptr
// CHECK-NOT: __vine_go_words
// CHECK: call void @__vine_go(ptr
// CHECK-NOT: __vine_go_words
// CHECK: call void @__vine_go(ptr
// CHECK-NOT: __vine_go_words
// CHECK: ret void
void five(long, long, long, long, long);
long double on_x87(int);
int variadic(const char *, ...);
void not_words(void) {
  vine_go(five(1, 2, 3, 4, 5));
  vine_go(on_x87(1));
  vine_go(variadic("x", 1));
}

// CHECK: define internal void @vine_go.tramp.{{[0-9]+}}.f(ptr byval(<{ i32, [4 x i8], double }>)
// CHECK: call void @__vine_c_f(i32
