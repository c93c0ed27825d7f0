// SPDX-License-Identifier: MIT
// vine_go of calls with every kind of signature: no arguments, many, struct by
// value, struct result, doubles, long double, variadic callee, indirect
// callee, foreign callee; arguments are evaluated at once, once, in the
// caller. After Go's go statement (language specification, "Go statements").
#include "foreign.h"
#include "stack.h"

static vine_group wg;
static int ran;

static void done(void) {
  __atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
  vine_group_done(&wg);
}

static void none(void) {
  grow_stack(10);
  done();
}

static int one(int v) {
  grow_stack(20);
  CHECK(v == 1);
  done();
  return v;
}

static void twelve(long a, int b, short c, char d, long e, long f, double x,
                   long g, long h, float y, long i, const char *s) {
  grow_stack(30);
  CHECK(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && x == 6.5);
  CHECK(g == 7 && h == 8 && y == 8.5f && i == 9 && strcmp(s, "ten") == 0);
  done();
}

static double doubles(double a, double b, double c, double d, double e,
                      double f, double g, double h, double i) {
  grow_stack(30);
  CHECK(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 &&
        h == 8 && i == 9);
  done();
  return a;
}

static struct f_large large(struct f_large l, struct f_pair p, long double x) {
  struct f_large *q = &l;
  OPAQUE(q);
  grow_stack(40);
  for (int i = 0; i < 9; i++)
    CHECK(q->v[i] == i);
  CHECK(l.tail == 'q' && p.a == 4 && p.b == 4.5 && x == 0.5L);
  done();
  return l;
}

static void variadic(int n, ...) {
  va_list ap;
  va_start(ap, n);
  grow_stack(50);
  for (int i = 0; i < n; i++)
    CHECK(va_arg(ap, int) == i && va_arg(ap, double) == i * 1.5);
  va_end(ap);
  done();
}

static long callback(void *arg, long v) {
  grow_stack((int)v);
  CHECK(arg == &wg && v == 60);
  done();
  return 0;
}

// Four words in registers, narrow ones extended as a callee may expect.
static double narrow(signed char a, unsigned char b, short c, _Bool d) {
  long sum = a; // sign-extended by the caller, by the x86-64 ABI of clang
  grow_stack(35);
  CHECK(sum + b + c + d == -100 + 250 - 30000 + 1);
  done();
  return 0.5;
}

struct words {
  long a, b;
};
static struct words two_by_two(struct words x, struct words y) {
  grow_stack(35);
  CHECK(x.a == 1 && x.b == 2 && y.a == 3 && y.b == 4);
  done();
  return x;
}

// A result that must be taken off the x87 stack, time and again.
static long double on_x87(int v) {
  done();
  return v;
}

static int evaluated;
static int next(void) { return ++evaluated; }
static void ordered(int v) {
  CHECK(v == 1);
  done();
}

static inline void inlined(int a, int *p) {
  CHECK(a == *p);
  done();
}

struct object {
  void (*method)(struct object *, int);
  int v;
};
static void method(struct object *o, int v) {
  grow_stack(25);
  CHECK(o->v == v);
  done();
}

static void all(void *arg) {
  (void)arg;
  struct f_large l = {{0, 1, 2, 3, 4, 5, 6, 7, 8}, 'q'};
  struct f_pair p = {4, 4.5};
  struct object o = {method, 33};
  int (*indirect)(int) = one;
  OPAQUE(indirect);
  int local = 5;
  ran = evaluated = 0;
  vine_group_add(&wg, 26);
  vine_go(none());
  vine_go(one(1));
  vine_go(indirect(1));
  vine_go(twelve(1, 2, 3, 4, 5, 6, 6.5, 7, 8, 8.5f, 9, "ten"));
  vine_go(doubles(1, 2, 3, 4, 5, 6, 7, 8, 9));
  vine_go(large(l, p, 0.5L));
  l.v[0] = 99; // it has its own copy
  vine_go(variadic(0));
  vine_go(variadic(3, 0, 0.0, 1, 1.5, 2, 3.0));
  vine_go(variadic(7, 0, 0., 1, 1.5, 2, 3., 3, 4.5, 4, 6., 5, 7.5, 6, 9.));
  vine_go(foreign_call(callback, &wg, 60));
  vine_go(ordered(next()));
  CHECK(evaluated == 1);
  vine_go(inlined(5, &local));
  vine_go(o.method(&o, 33));
  vine_go(vine_group_done(&wg));
  vine_go(narrow(-100, 250, -30000, true));
  vine_go(two_by_two((struct words){1, 2}, (struct words){3, 4}));
  for (int i = 0; i < 10; i++)
    vine_go(on_x87(i));
  vine_group_wait(&wg);
  CHECK(ran == 25 && evaluated == 1);
}

// A goroutine that starts the next, as Go's test/chan/goroutines.go.
static void chain(int n) {
  if (n > 0)
    vine_go(chain(n - 1));
  else
    vine_group_done(&wg);
}

static void in_loop(void) {
  vine_group_add(&wg, 500);
  for (int i = 0; i < 500; i++) {
    int *p = NULL;
    vine_go(vine_group_add(&wg, p ? 0 : -1));
  }
  vine_group_wait(&wg);
}

int main(void) {
  all(NULL);
  run_in_goroutine(all, NULL);
  vine_group_add(&wg, 1);
  vine_go(chain(2000));
  vine_group_wait(&wg);
  in_loop();
  return 0;
}
