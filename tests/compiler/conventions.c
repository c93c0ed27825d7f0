// SPDX-License-Identifier: MIT
// Calling conventions that need the registers of checks and foreign calls are
// refused: in definitions, direct and indirect calls. Others are left alone.
// RUN: %not %vcc -g -O1 -c %s -o %t 2>&1 | %filecheck %s
// RUN: %vcc -O1 -DRIGHT -c %s -o %t
#ifndef RIGHT
// CHECK-DAG: conventions.c:[[@LINE+1]]:{{.*}} error: {{.*}}preserve_most can't be used on growable stacks; compile with -fno-vine
__attribute__((preserve_most)) void most(void) {}
// CHECK-DAG: conventions.c:[[@LINE+2]]:{{.*}} error: {{.*}}preserve_all can't be used
__attribute__((preserve_all)) void all(void);
void calls_all(void) { all(); }
// CHECK-DAG: conventions.c:[[@LINE+2]]:{{.*}} error: {{.*}}regcall can't be used
typedef int __regcall reg(int, int);
int indirect(reg *f) { return f(1, 2); }
// CHECK-DAG: conventions.c:[[@LINE+1]]:{{.*}} error: {{.*}}variadic ms_abi can't be used
__attribute__((ms_abi)) int variadic(int n, ...) { return n; }
// CHECK-DAG: conventions.c:[[@LINE+2]]:{{.*}} error: {{.*}}ms_abi with vectors or wide numbers can't be used
typedef double v4 __attribute__((vector_size(32)));
__attribute__((ms_abi)) double vectors(v4 v) { return v[0]; }
// CHECK-DAG: conventions.c:[[@LINE+2]]:{{.*}} error: {{.*}}vectorcall can't be used
__attribute__((vectorcall)) void vec(double x);
void calls_vec(void) { vec(1); }
// CHECK-DAG: conventions.c:[[@LINE+2]]:{{.*}} error: {{.*}}swiftcall with a result of four registers can't be used
typedef struct { long a, b, c, d; } four;
__attribute__((swiftcall)) four words(void) { return (four){1, 2, 3, 4}; }
// CHECK-DAG: conventions.c:[[@LINE+1]]:{{.*}} error: {{.*}}swiftasynccall can't be used
__attribute__((swiftasynccall)) void async(void) {}
#endif
__attribute__((ms_abi)) int fixed(int a, int b) { return a - b; }
__attribute__((swiftcall)) int swift(int a, int b) { return a - b; }
int calls_right(void) { return fixed(2, 1) + swift(2, 1); }
