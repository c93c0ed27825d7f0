// SPDX-License-Identifier: MIT
// S5, P1: what must survive when a frame moves: locals, arguments in
// registers and on the stack, spilled and callee-saved registers, saved frame
// pointers, pointers to locals, pointers to pointers, self-referential
// structs, structs by value, struct results. After Go's TestFramePointerAdjust
// and its test/escape_*.go.
//
// Each check runs at the bottom of a deep recursion, with a growth (or, under
// move=1, a move) between making a value and looking at it.
#include "stack.h"

static NOINLINE int grow(int n) {
  grow_stack(n);
  return n;
}

// --- scalars, spills ---

static NOINLINE void many_live(void) {
  long a[16];
  double d[8];
  for (int i = 0; i < 16; i++)
    a[i] = grow(i + 1) * 1000003L;
  for (int i = 0; i < 8; i++)
    d[i] = grow(i + 1) * 1.25;
  long b0 = a[0], b1 = a[1], b2 = a[2], b3 = a[3], b4 = a[4], b5 = a[5];
  double e0 = d[0], e1 = d[1], e2 = d[2], e3 = d[3];
  OPAQUE(b0);
  OPAQUE(b1);
  OPAQUE(b2);
  OPAQUE(b3);
  OPAQUE(b4);
  OPAQUE(b5);
  grow(60);
  CHECK(b0 == 1000003 && b1 == 2 * b0 && b2 == 3 * b0 && b3 == 4 * b0);
  CHECK(b4 == 5 * b0 && b5 == 6 * b0);
  CHECK(e0 == 1.25 && e1 == 2.5 && e2 == 3.75 && e3 == 5.0);
  for (int i = 0; i < 16; i++)
    CHECK(a[i] == (i + 1) * 1000003L);
}

static NOINLINE long ten_arguments(long a, int b, short c, char d, long e,
                                   int f, long g, int h, double i, float j,
                                   long k, char l) {
  grow(70);
  CHECK(a == 1 && b == -2 && c == 3 && d == 4 && e == 5 && f == 6 && g == -7);
  CHECK(h == 8 && i == 9.5 && j == 10.5f && k == 1L << 40 && l == 'l');
  return a + k;
}

static NOINLINE double doubles(double a, double b, double c, double d, double e,
                               double f, double g, double h, double i,
                               double j) {
  grow(80);
  return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 +
         j * 10;
}

static void scalars(void) {
  many_live();
  CHECK(ten_arguments(1, -2, 3, 4, 5, 6, -7, 8, 9.5, 10.5f, 1L << 40, 'l') ==
        1 + (1L << 40));
  CHECK(doubles(1, 1, 1, 1, 1, 1, 1, 1, 1, 1) == 55);
}

// --- pointers ---

static NOINLINE void set(int *p, int v) {
  grow(30);
  *p = v;
}

static NOINLINE void set_through(int **p, int v) {
  grow(40);
  set(*p, v);
}

static void pointers(void) {
  int x = 1, y = 2;
  int *p = &x, **pp = &p;
  set(p, 10);
  CHECK(x == 10 && y == 2);
  p = &y;
  set_through(pp, 20);
  grow(100);
  CHECK(x == 10 && y == 20 && *pp == &y && pp == &p);
}

struct node {
  struct node *self, *next;
  int value;
};

static NOINLINE int walk(struct node *n) {
  if (!n)
    return 0;
  CHECK(n->self == n);
  int rest = walk(n->next);
  return n->value + rest;
}

static NOINLINE int build(struct node *tail, int n) {
  struct node here = {&here, tail, n};
  if (n == 0) {
    grow(50);
    return walk(&here);
  }
  int sum = build(&here, n - 1);
  CHECK(here.self == &here && here.next == tail && here.value == n);
  return sum;
}

static void self_referential(void) { CHECK(build(NULL, 100) == 5050); }

// --- structs by value ---

struct small {
  int a, b;
};
struct pair {
  long a;
  double b;
};
struct large {
  long v[12];
  char tail;
};
struct huge {
  char bytes[5000];
};
union mixed {
  double d;
  long l;
  int i[2];
};

static NOINLINE struct small small_of(struct small s) {
  grow(20);
  return (struct small){s.b, s.a};
}

static NOINLINE struct pair pair_of(struct pair p) {
  grow(25);
  return (struct pair){p.a + 1, p.b * 2};
}

static NOINLINE struct large large_of(struct large l, int k) {
  grow(30);
  for (int i = 0; i < 12; i++)
    l.v[i] += k;
  return l;
}

static NOINLINE struct huge huge_of(struct huge h, struct large l, int at) {
  grow(15);
  h.bytes[at] = (char)l.v[3];
  struct huge *p = &h;
  OPAQUE(p);
  grow(35);
  CHECK(p->bytes[at] == (char)l.v[3] && l.tail == 't');
  return *p;
}

static NOINLINE union mixed mixed_of(union mixed m) {
  grow(10);
  m.i[1]++;
  return m;
}

static void structs(void) {
  struct small s = small_of((struct small){1, 2});
  struct pair p = pair_of((struct pair){7, 1.5});
  struct large l = {.tail = 't'};
  for (int i = 0; i < 12; i++)
    l.v[i] = i;
  struct large m = large_of(l, 5);
  static struct huge zero;
  struct huge h = huge_of(zero, m, 4321);
  union mixed u = mixed_of((union mixed){.l = 5});
  CHECK(s.a == 2 && s.b == 1 && p.a == 8 && p.b == 3.0);
  for (int i = 0; i < 12; i++)
    CHECK(l.v[i] == i && m.v[i] == i + 5);
  CHECK(m.tail == 't' && h.bytes[4321] == 8 && h.bytes[4320] == 0);
  CHECK(u.i[0] == 5 && u.i[1] == 1);
}

// --- arrays that are indexed, strings, compound literals ---

static NOINLINE int sum_indexed(int n) {
  int a[64];
  for (int i = 0; i < 64; i++) {
    a[i] = i * n;
    if (i % 16 == 0)
      grow(i);
  }
  int sum = 0;
  for (int i = 63; i >= 0; i--) {
    sum += a[i];
    if (i % 16 == 0)
      grow(64 - i);
  }
  return sum;
}

static void arrays(void) {
  char text[100] = "abc";
  int *literal = (int[]){1, 2, 3};
  CHECK(sum_indexed(3) == 3 * 2016);
  strcat(text, "def");
  grow(100);
  CHECK(strcmp(text, "abcdef") == 0 && literal[2] == 3);
}

// --- returning over a move; deep frame pointer chains ---

static NOINLINE int ackermann(int m, int n) {
  if (m == 0)
    return n + 1;
  if (n == 0)
    return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static void recursion(void) { CHECK(ackermann(2, 9) == 21); }

static int all(void *arg) {
  (void)arg;
  scalars();
  pointers();
  self_referential();
  structs();
  arrays();
  recursion();
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 60; d += 7)
    CHECK(deeper(d, all, arg) == d);
}

int main(void) {
  all(NULL);
  at_depths(NULL);
  run_in_goroutine(at_depths, NULL);
  run_in_goroutines(4, at_depths, NULL);
  return 0;
}
