// SPDX-License-Identifier: MIT
// S5: variadic functions over a move: arguments of each kind in registers and
// on the stack, va_copy, va_list handed down and kept while the stack grows,
// variadic functions reached through pointers, from foreign code, and from
// plain threads, and calling foreign ones (v*printf).
#include "foreign.h"
#include "stack.h"

#include <pthread.h>
#include <stdarg.h>

struct two {
  long a, b;
};
struct big {
  long v[5];
};

static NOINLINE long sum_ints(int n, ...) {
  va_list ap;
  va_start(ap, n);
  long sum = 0;
  for (int i = 0; i < n; i++) {
    grow_stack(10);
    sum += va_arg(ap, int);
  }
  va_end(ap);
  return sum;
}

static NOINLINE double sum_doubles(int n, ...) {
  va_list ap;
  va_start(ap, n);
  double sum = 0;
  for (int i = 0; i < n; i++) {
    grow_stack(10 + i);
    sum += va_arg(ap, double);
  }
  va_end(ap);
  return sum;
}

// i: int, l: long, d: double, s: string, 2: struct two, b: struct big,
// L: long double. Checks each against a pattern made from its number.
static NOINLINE int vcheck(const char *kinds, va_list ap) {
  int n = 0;
  for (; kinds[n]; n++) {
    grow_stack(n * 4);
    switch (kinds[n]) {
    case 'i':
      CHECK(va_arg(ap, int) == n);
      break;
    case 'l':
      CHECK(va_arg(ap, long) == n * 100000000000L);
      break;
    case 'd':
      CHECK(va_arg(ap, double) == n + 0.5);
      break;
    case 's':
      CHECK(va_arg(ap, char *)[0] == 'a' + n);
      break;
    case 'L':
      CHECK(va_arg(ap, long double) == n + 0.25L);
      break;
    case '2': {
      struct two t = va_arg(ap, struct two);
      CHECK(t.a == n && t.b == -n);
      break;
    }
    default: {
      struct big b = va_arg(ap, struct big);
      CHECK(b.v[0] == n && b.v[4] == n * 4);
    }
    }
  }
  return n;
}

static NOINLINE int check(const char *kinds, ...) {
  va_list ap, copy;
  va_start(ap, kinds);
  va_copy(copy, ap);
  int n = vcheck(kinds, ap);
  grow_stack(200);
  CHECK(vcheck(kinds, copy) == n);
  va_end(copy);
  va_end(ap);
  return n;
}

// All named arguments, in registers and on the stack, and then some.
static NOINLINE int many_named(int a, int b, int c, int d, int e, int f, int g,
                               long h, double x, ...) {
  va_list ap;
  va_start(ap, x);
  grow_stack(30);
  int v = va_arg(ap, int);
  double w = va_arg(ap, double);
  va_end(ap);
  CHECK(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7);
  CHECK(h == 8 && x == 9.5 && v == 10 && w == 11.5);
  return a + v;
}

static NOINLINE int format(char *out, size_t size, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  grow_stack(40);
  int n = vsnprintf(out, size, fmt, ap);
  va_end(ap);
  return n;
}

static NOINLINE struct big struct_result(int n, ...) {
  va_list ap;
  va_start(ap, n);
  struct big b = {{0}};
  for (int i = 0; i < n && i < 5; i++)
    b.v[i] = va_arg(ap, long);
  va_end(ap);
  grow_stack(50);
  return b;
}

static NOINLINE int recursive(int n, ...) {
  va_list ap;
  va_start(ap, n);
  int v = va_arg(ap, int);
  int r = n == 0 ? v : recursive(n - 1, v + 1);
  CHECK(va_arg(ap, int) == 77 || n < 50);
  va_end(ap);
  return r;
}

static void direct(void) {
  struct two t = {3, -3};
  struct big b = {{5, 0, 0, 0, 20}};
  CHECK(sum_ints(0) == 0);
  CHECK(sum_ints(3, 1, 2, 3) == 6);
  CHECK(sum_ints(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) == 78);
  CHECK(sum_doubles(3, 1.0, 2.0, 3.5) == 6.5);
  CHECK(sum_doubles(12, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.) ==
        78.0);
  CHECK(check("ild2sb", 0, 100000000000L, 2.5, t, "e", b) == 6);
  CHECK(check("LiLiddddddddddii", .25L, 1, 2.25L, 3, 4.5, 5.5, 6.5, 7.5, 8.5,
              9.5, 10.5, 11.5, 12.5, 13.5, 14, 15) == 16);
  CHECK(many_named(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 10, 11.5) == 11);
  CHECK(struct_result(5, 1L, 2L, 3L, 4L, 5L).v[4] == 5);
  CHECK(recursive(50, 1, 77) == 51);
}

static void to_foreign(void) {
  char out[200];
  CHECK(format(out, sizeof out, "%d %s %.2f %ld %c %d %d %d %.1Lf", 1, "two",
               3.0, 4L, '5', 6, 7, 8, 9.0L) == 24);
  CHECK(strcmp(out, "1 two 3.00 4 5 6 7 8 9.0") == 0);
}

static void indirect(void) {
  long (*ints)(int, ...) = sum_ints;
  double (*doubles)(int, ...) = sum_doubles;
  int (*print)(char *, size_t, const char *, ...) = snprintf;
  OPAQUE(ints);
  OPAQUE(doubles);
  OPAQUE(print);
  char out[64];
  CHECK(ints(8, 1, 2, 3, 4, 5, 6, 7, 8) == 36);
  CHECK(doubles(10, 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.) == 10);
  CHECK(print(out, sizeof out, "%d%d%d%d%d%d%.1f", 1, 2, 3, 4, 5, 6, .5) == 9);
  CHECK(strcmp(out, "1234560.5") == 0);
  CHECK(foreign_calls_variadic(sum_ints, sum_doubles) == 78 + 78);
}

static NOINLINE size_t distance(const char *from, ...) {
  char here[16];
  char *p = here;
  OPAQUE(p);
  return p > from ? (size_t)(p - from) : (size_t)(from - p);
}

// Called as what it isn't, a variadic function has no arguments on the stack,
// and takes none from there: not all that lies above it. In a new chunk of
// memory its locals are far away in any case, but not at each depth.
static NOINLINE size_t least_distance(int depth) {
  size_t (*as_plain)(const char *) = (size_t (*)(const char *))distance;
  char here[16];
  char *p = here;
  OPAQUE(as_plain);
  OPAQUE(p);
  size_t mine = as_plain(p);
  size_t least = depth > 1 ? least_distance(depth - 1) : mine;
  return depth < 100 && mine < least ? mine : least;
}

static void as_what_it_is_not(void) { CHECK(least_distance(200) < 1000); }

static void all(void *arg) {
  (void)arg;
  direct();
  to_foreign();
  indirect();
  as_what_it_is_not();
}

static void *on_thread(void *arg) {
  all(arg);
  return NULL;
}

int main(void) {
  all(NULL);
  run_in_goroutine(all, NULL);
  run_in_goroutines(4, all, NULL);
  pthread_t t;
  CHECK(pthread_create(&t, NULL, on_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  return 0;
}
