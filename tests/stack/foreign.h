// SPDX-License-Identifier: MIT
// foreign.c, a library that vinecc did not compile: functions with every kind
// of signature, and ones that call back.
#ifndef VINE_TESTS_FOREIGN_H
#define VINE_TESTS_FOREIGN_H

#include <stdarg.h>
#include <stddef.h>

struct f_pair {
  long a;
  double b;
};
struct f_large {
  long v[9];
  char tail;
};
typedef int f_vec4 __attribute__((vector_size(16)));

long foreign_12_ints(long, long, long, long, long, long, long, long, long, long,
                     long, long);
double foreign_mixed(int, double, long, float, char, double, long, double, int,
                     double, double, double, double, double, double, double,
                     short);
struct f_pair foreign_pair(struct f_pair, int);
struct f_large foreign_large(int, struct f_large, double);
long double foreign_long_double(long double, int, long double);
long foreign_variadic(int n, ...);
f_vec4 foreign_vector(f_vec4, int, f_vec4);
_Complex double foreign_complex(_Complex double, _Complex double);
int foreign_aligned_argument(int, int, int, int, int, int, int, long double);

// Callbacks.
typedef long f_callback(void *arg, long v);
long foreign_call(f_callback *fn, void *arg, long v);
long foreign_call_deep(f_callback *fn, void *arg, long v, int depth);
long foreign_calls_variadic(long (*ints)(int, ...),
                            double (*doubles)(int, ...));
typedef long f_many(long, long, long, long, long, long, long, double, long,
                    long);
long foreign_call_many(f_many *fn);
typedef struct f_large f_struct(struct f_large, int);
struct f_large foreign_call_struct(f_struct *fn, struct f_large s);
typedef long double f_ldouble(long double, int);
long double foreign_call_ldouble(f_ldouble *fn, long double v);
typedef double f_double(double, double);
double foreign_call_double(f_double *fn, double a, double b);
// Keeps its own locals in callee-saved registers across the callback.
long foreign_call_keep(f_callback *fn, void *arg, const long *v, int n);
// A new thread calls fn; waits for it.
long foreign_thread_call(f_callback *fn, void *arg, long v);
// &local of a foreign frame, for callbacks to write.
long foreign_local(f_callback *fn, int n);

#endif
