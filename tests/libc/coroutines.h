// SPDX-License-Identifier: MIT
// A coroutine library that knows nothing of Vine, as there are many: with
// stacks of its own, and two ways to switch.
#ifndef VINE_TESTS_COROUTINES_H
#define VINE_TESTS_COROUTINES_H

struct co;
enum co_how { CO_UCONTEXT, CO_ASM, CO_WAYS };

struct co *co_new(enum co_how how, void (*fn)(struct co *, void *), void *arg);
// Runs it until it yields or ends; returns whether it has ended.
int co_resume(struct co *c);
void co_yield (struct co *c);
// Without an end, perhaps.
void co_free(struct co *c);

// Arguments in registers of both kinds and on the stack; gives way in the
// middle. Returns their sum.
double co_yield_many(struct co *c, int a, long b, double d, long e, long f,
                     long g, long h, long i, double j, struct co **k);
int co_print(char *out, const char *format, ...);

// Calls fn(c, n) on the caller's stack.
long co_call(long (*fn)(struct co *, long), struct co *c, long n);
double co_call_double(double (*fn)(struct co *, double), struct co *c,
                      double x);

#endif
