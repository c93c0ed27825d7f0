// SPDX-License-Identifier: MIT
// Compiled by plain clang: see foreign.h.
#include "foreign.h"

#include <pthread.h>
#include <string.h>

long foreign_12_ints(long a, long b, long c, long d, long e, long f, long g,
                     long h, long i, long j, long k, long l) {
  return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 +
         j * 10 + k * 11 + l * 12;
}

double foreign_mixed(int a, double b, long c, float d, char e, double f, long g,
                     double h, int i, double j, double k, double l, double m,
                     double n, double o, double p, short q) {
  return a + b + (double)c + d + e + f + (double)g + h + i + j + k + l + m + n +
         o + p * 100 + q * 1000;
}

struct f_pair foreign_pair(struct f_pair p, int k) {
  return (struct f_pair){p.a * k, p.b / k};
}

struct f_large foreign_large(int k, struct f_large l, double d) {
  for (int i = 0; i < 9; i++)
    l.v[i] += k;
  l.tail = (char)d;
  return l;
}

long double foreign_long_double(long double a, int k, long double b) {
  return a * k + b;
}

long foreign_variadic(int n, ...) {
  va_list ap;
  va_start(ap, n);
  long sum = 0;
  for (int i = 0; i < n; i++)
    sum += i % 2 ? (long)(va_arg(ap, double) * 10) : va_arg(ap, long);
  va_end(ap);
  return sum;
}

f_vec4 foreign_vector(f_vec4 a, int k, f_vec4 b) { return a * k + b; }

_Complex double foreign_complex(_Complex double a, _Complex double b) {
  return a * b;
}

int foreign_aligned_argument(int a, int b, int c, int d, int e, int f, int g,
                             long double x) {
  return a + b + c + d + e + f + g == 28 && x == 2.5L &&
         (__builtin_frame_address(0) != NULL);
}

long foreign_call(f_callback *fn, void *arg, long v) { return fn(arg, v) + 1; }

long foreign_call_deep(f_callback *fn, void *arg, long v, int depth) {
  volatile char pad[300];
  pad[depth] = (char)depth;
  if (depth == 0)
    return fn(arg, v);
  return foreign_call_deep(fn, arg, v, depth - 1) + pad[depth];
}

long foreign_calls_variadic(long (*ints)(int, ...),
                            double (*doubles)(int, ...)) {
  return ints(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) +
         (long)doubles(12, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.);
}

long foreign_call_many(f_many *fn) {
  return fn(1, 2, 3, 4, 5, 6, 7, 8.5, 9, 10);
}

struct f_large foreign_call_struct(f_struct *fn, struct f_large s) {
  return fn(s, 3);
}

long double foreign_call_ldouble(f_ldouble *fn, long double v) {
  return fn(v, 2) * 2;
}

double foreign_call_double(f_double *fn, double a, double b) {
  return fn(a, b) + a;
}

long foreign_call_keep(f_callback *fn, void *arg, const long *v, int n) {
  long a = 0, b = 1, c = 2, d = 3;
  for (int i = 0; i < n; i++) {
    a += fn(arg, v[i]);
    b += a ^ i;
    c += b;
    d ^= c;
  }
  return a + b + c + d;
}

struct job {
  f_callback *fn;
  void *arg;
  long v;
};

static void *thread_main(void *arg) {
  struct job *j = arg;
  j->v = j->fn(j->arg, j->v);
  return NULL;
}

long foreign_thread_call(f_callback *fn, void *arg, long v) {
  struct job j = {fn, arg, v};
  pthread_t t;
  if (pthread_create(&t, NULL, thread_main, &j) != 0)
    return -1;
  pthread_join(t, NULL);
  return j.v;
}

long foreign_local(f_callback *fn, int n) {
  long local = 0;
  for (int i = 0; i < n; i++)
    fn(&local, i);
  return local;
}
