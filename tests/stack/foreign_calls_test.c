// SPDX-License-Identifier: MIT
// Foreign calls with any signature, direct and through pointers: arguments on
// the stack, variadics, structs by value and as results, long double,
// vectors, complex. From every depth, so that the stack is about to end. S4.
#include "foreign.h"
#include "stack.h"

#include <math.h>

static void integers(void) {
  long (*p)(long, long, long, long, long, long, long, long, long, long, long,
            long) = foreign_12_ints;
  OPAQUE(p);
  CHECK(foreign_12_ints(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) == 78);
  CHECK(p(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1) == 364);
}

static void mixed(void) {
  CHECK(foreign_mixed(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                      17) == 120 + 1600 + 17000);
  CHECK(foreign_aligned_argument(1, 2, 3, 4, 5, 6, 7, 2.5L));
}

static void structs(void) {
  struct f_pair (*pp)(struct f_pair, int) = foreign_pair;
  struct f_large (*pl)(int, struct f_large, double) = foreign_large;
  OPAQUE(pp);
  OPAQUE(pl);
  struct f_pair p = foreign_pair((struct f_pair){6, 9.0}, 3);
  CHECK(p.a == 18 && p.b == 3.0);
  p = pp(p, 2);
  CHECK(p.a == 36 && p.b == 1.5);
  struct f_large l = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, 0};
  l = foreign_large(10, l, 65.0);
  l = pl(100, l, 66.0);
  for (int i = 0; i < 9; i++)
    CHECK(l.v[i] == i + 111);
  CHECK(l.tail == 'B');
}

static void wide(void) {
  f_vec4 v = foreign_vector((f_vec4){1, 2, 3, 4}, 10, (f_vec4){4, 3, 2, 1});
  CHECK(v[0] == 14 && v[1] == 23 && v[2] == 32 && v[3] == 41);
  CHECK(foreign_long_double(1.5L, 3, 0.25L) == 4.75L);
  _Complex double c = foreign_complex(1 + 2i, 3 + 4i);
  CHECK(__real__ c == -5 && __imag__ c == 10);
  CHECK(fabsl(sqrtl(2.0L) * sqrtl(2.0L) - 2.0L) < 1e-15L);
}

static void variadic(void) {
  CHECK(foreign_variadic(0) == 0);
  CHECK(foreign_variadic(4, 1L, 0.5, 2L, 0.25) == 1 + 5 + 2 + 2);
  CHECK(foreign_variadic(18, 1L, .1, 1L, .1, 1L, .1, 1L, .1, 1L, .1, 1L, .1, 1L,
                         .1, 1L, .1, 1L, .1) == 18);
  char b[256];
  CHECK(snprintf(b, sizeof b,
                 "%d %d %d %d %d %d %d %.1f %.1f %.1f %.1f %.1f "
                 "%.1f %.1f %.1f %.1f %Lf %s",
                 1, 2, 3, 4, 5, 6, 7, .5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5,
                 8.5, 9.25L, "end") == 62);
  CHECK(strcmp(b, "1 2 3 4 5 6 7 0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 "
                  "9.250000 end") == 0);
  int x, y;
  char word[8];
  CHECK(sscanf("12 ab 34", "%d %7s %d", &x, word, &y) == 3);
  CHECK(x == 12 && y == 34 && strcmp(word, "ab") == 0);
}

static int all(void *arg) {
  (void)arg;
  integers();
  mixed();
  structs();
  wide();
  variadic();
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 64; d++)
    CHECK(deeper(d, all, arg) == d);
}

struct at {
  int depth;
};
static void at_depth(void *arg) {
  int depth = ((struct at *)arg)->depth;
  CHECK(deeper(depth, all, NULL) == depth);
}

int main(void) {
  at_depths(NULL);
  for (int d = 0; d < 64; d++) {
    struct at a = {d};
    run_in_goroutine(at_depth, &a);
  }
  run_in_goroutines(4, at_depths, NULL);
  return 0;
}
