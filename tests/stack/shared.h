// SPDX-License-Identifier: MIT
#ifndef VINE_TESTS_SHARED_H
#define VINE_TESTS_SHARED_H

#include <stdarg.h>

struct shared_large {
  long v[8];
};
typedef long shared_callback(void *arg, long v);

extern _Thread_local int shared_tls;
int shared_deep(int n, int *up);
long shared_call(shared_callback *fn, void *arg, int depth);
long shared_many(long, long, long, long, long, long, long, double,
                 struct shared_large);
long shared_sum(int n, ...);
int shared_sort(int *v, int n);
shared_callback *shared_pointer(void);

#endif
