// SPDX-License-Identifier: MIT
// S4, S5: instrumented functions called by foreign ones: they grow, move and
// park (yield, group wait, vine_park); nested; with arguments on the stack,
// structs, long double; with pointers to locals of either side. After Go's
// TestStackGrowthCallback and cmd/cgo/internal/test/callback.go.
//
// P2: foreign frames (qsort's have no frame pointer) are in no frame chain.
#include "foreign.h"
#include "stack.h"

#include <search.h>

// --- what a callback may do ---

static void done(void *arg) {
  grow_stack(5);
  vine_group_done(arg);
}

static long wait_for_child(void) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(done, &wg) == 0);
  vine_group_wait(&wg);
  return 1;
}

static long grows(void *arg, long v) {
  grow_stack((int)v);
  ++*(int *)arg;
  return v * 2;
}

static long yields(void *arg, long v) {
  vine_yield();
  grow_stack((int)v);
  vine_yield();
  ++*(int *)arg;
  return v * 2;
}

static long waits(void *arg, long v) {
  wait_for_child();
  grow_stack((int)v);
  wait_for_child();
  ++*(int *)arg;
  return v * 2;
}

static long nests(void *arg, long v) {
  if (v > 0)
    CHECK(foreign_call(nests, arg, v - 1) == (v - 1) * 2 + 1);
  grow_stack(3);
  ++*(int *)arg;
  return v * 2;
}

static void simple(f_callback *fn) {
  int calls = 0;
  const long v[] = {5, 0, 90, 3};
  CHECK(foreign_call(fn, &calls, 40) == 81);
  CHECK(foreign_call_deep(fn, &calls, 10, 20) == 20 + 210);
  long a = 0, b = 1, c = 2, d = 3;
  for (int i = 0; i < 4; i++) {
    a += v[i] * 2;
    b += a ^ i;
    c += b;
    d ^= c;
  }
  CHECK(foreign_call_keep(fn, &calls, v, 4) == a + b + c + d);
  CHECK(calls == 6 || fn == nests);
}

// --- signatures ---

static long many(long a, long b, long c, long d, long e, long f, long g,
                 double h, long i, long j) {
  grow_stack(30);
  vine_yield();
  CHECK(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7);
  CHECK(h == 8.5 && i == 9 && j == 10);
  return 11;
}

static struct f_large struct_of(struct f_large s, int k) {
  grow_stack(30);
  struct f_large *p = &s;
  OPAQUE(p);
  wait_for_child();
  for (int i = 0; i < 9; i++)
    p->v[i] *= k;
  return s;
}

static long double ldouble_of(long double v, int k) {
  grow_stack(30);
  return v * k;
}

static double double_of(double a, double b) {
  grow_stack(30);
  vine_yield();
  return a * b;
}

static void signatures(void) {
  CHECK(foreign_call_many(many) == 11);
  struct f_large s = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, 'x'};
  s = foreign_call_struct(struct_of, s);
  for (int i = 0; i < 9; i++)
    CHECK(s.v[i] == 3 * (i + 1));
  CHECK(s.tail == 'x');
  CHECK(foreign_call_ldouble(ldouble_of, 1.25L) == 5.0L);
  CHECK(foreign_call_double(double_of, 1.5, 4.0) == 7.5);
}

// --- libc's ---

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  grow_stack(x % 8);
  if (x % 5 == 0)
    vine_yield();
  if (x % 11 == 0)
    wait_for_child();
  return x - y;
}

static int nested_compare(const void *a, const void *b) {
  int v[5] = {4, 2, 3, 1, 0};
  qsort(v, 5, sizeof v[0], compare);
  for (int i = 0; i < 5; i++)
    CHECK(v[i] == i);
  return *(const int *)a - *(const int *)b;
}

static void sort(int (*cmp)(const void *, const void *), int n) {
  int v[60];
  CHECK(n <= 60);
  for (int i = 0; i < n; i++)
    v[i] = (i * 37 + 11) % n;
  qsort(v, (size_t)n, sizeof v[0], cmp);
  for (int i = 0; i < n; i++)
    CHECK(v[i] == i);
  int key = n / 2;
  CHECK(bsearch(&key, v, (size_t)n, sizeof v[0], cmp) == &v[key]);
}

static int visited;
static void visit(const void *node, VISIT which, int level) {
  (void)level;
  grow_stack(10);
  if (which == postorder || which == leaf)
    visited += **(int *const *)node;
}

static void tree(void) {
  int v[20];
  void *root = NULL;
  for (int i = 0; i < 20; i++) {
    v[i] = (i * 7) % 20;
    CHECK(tsearch(&v[i], &root, compare));
  }
  visited = 0;
  twalk(root, visit);
  CHECK(visited == 190);
  for (int i = 0; i < 20; i++)
    tdelete(&v[i], &root, compare);
}

// --- pointers to locals, over callbacks ---

static long add_to(void *arg, long v) {
  grow_stack((int)v + 10);
  *(long *)arg += v;
  return 0;
}

static void locals(void) {
  long local = 100;
  CHECK(foreign_call(add_to, &local, 7) == 1 && local == 107);
  CHECK(foreign_local(add_to, 10) == 45);
  CHECK(foreign_thread_call(add_to, &local, 3) == 0 && local == 110);
}

static int all(void *arg) {
  (void)arg;
  simple(grows);
  simple(yields);
  simple(waits);
  simple(nests);
  signatures();
  sort(compare, 60);
  sort(nested_compare, 8);
  locals();
  return 0;
}

struct at {
  int depth;
};
static void at_depth(void *arg) {
  int depth = ((struct at *)arg)->depth;
  CHECK(deeper(depth, all, NULL) == depth);
}

int main(void) {
  all(NULL);
  tree();
  for (int d = 0; d < 20; d += 3) {
    struct at a = {d};
    run_in_goroutine(at_depth, &a);
  }
  struct at a = {40};
  run_in_goroutines(8, at_depth, &a);
  return 0;
}
