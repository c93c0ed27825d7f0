// SPDX-License-Identifier: MIT
// N: nothing up to 6 integers and 8 vectors; beyond, the sum of all slots.
// The definition's alias and the call agree.
// RUN: %vcc -O1 -S -emit-llvm %s -o - | %filecheck %s
typedef float v4 __attribute__((vector_size(16)));
typedef struct { int a, b; } pair;
typedef struct { char c[17]; } odd;

// CHECK-DAG: @__vine_c_six = hidden alias
void six(long a, void *b, char c, short d, int e, pair f) {}
// CHECK-DAG: @__vine_c_seven.64 = hidden alias
void seven(long a, void *b, char c, short d, int e, pair f, _Bool g) {}
// CHECK-DAG: @__vine_c_floats = hidden alias
void floats(double a, float b, v4 c, double d, double e, double f, double g,
            double h) {}
// CHECK-DAG: @__vine_c_floats9.96 = hidden alias
void floats9(double a, float b, v4 c, double d, double e, double f, double g,
             double h, double i) {}
// CHECK-DAG: @__vine_c_longdouble.32 = hidden alias
void longdouble(long double x) {}
// CHECK-DAG: @__vine_c_odds.32 = hidden alias
void odds(odd o) {}

// CHECK-DAG: call void @__vine_c_xseven.64(
void xseven(long a, void *b, char c, short d, int e, pair f, _Bool g);
// CHECK-DAG: call void @__vine_c_xlongdouble.32(
void xlongdouble(long double x);
void caller(pair p) {
  xseven(1, 0, 2, 3, 4, p, 1);
  xlongdouble(1);
}
