// SPDX-License-Identifier: MIT
// S5: locals whose size or alignment is odd: VLAs, alloca, both in loops, and
// locals aligned to 32 to 4,096 bytes, over moves; they live on the side
// stack and never move (I5).
#include "stack.h"

#include <alloca.h>

#pragma clang diagnostic ignored "-Wpsabi"

static NOINLINE long vla(int n) {
  long a[n];
  long *p = a;
  for (int i = 0; i < n; i++)
    a[i] = i;
  grow_stack(n % 50);
  CHECK(p == a);
  long sum = 0;
  for (int i = 0; i < n; i++)
    sum += p[i];
  return sum;
}

static NOINLINE long vla_2d(int n, int m) {
  char a[n][m];
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      a[i][j] = (char)(i ^ j);
  grow_stack(60);
  long same = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      same += a[i][j] == (char)(i ^ j);
  return same;
}

// The space of one turn is given back before the next: 20,000 turns of up to
// 64 KB would be 650 MB otherwise.
static NOINLINE void vla_loop(void) {
  for (int i = 1; i < 20000; i++) {
    char a[1 + i * 37 % 65536];
    a[0] = a[sizeof a - 1] = (char)i;
    if (i % 1000 == 0)
      grow_stack(i / 200);
    char *p = a;
    OPAQUE(p);
    CHECK(p[0] == (char)i);
  }
}

struct cell {
  struct cell *next;
  int v;
};

static NOINLINE int alloca_list(int n) {
  struct cell *head = NULL;
  for (int i = 0; i < n; i++) {
    struct cell *c = alloca(sizeof *c + (size_t)i);
    *c = (struct cell){head, i};
    head = c;
    if (i % 32 == 0)
      grow_stack(i / 4);
  }
  int sum = 0;
  for (struct cell *c = head; c; c = c->next)
    sum += c->v;
  return sum;
}

static NOINLINE int alloca_recursive(int n, int *up) {
  int *p = alloca((size_t)(n + 1) * sizeof *p);
  p[0] = n;
  p[n] = n;
  int r = n == 0 ? 0 : alloca_recursive(n - 1, p);
  CHECK(p[0] == n && p[n] == n && *up >= n);
  return r + p[n];
}

static void large_alloca(void) {
  char *p = alloca(3 << 20);
  memset(p, 7, 3 << 20);
  grow_stack(100);
  CHECK(p[0] == 7 && p[(3 << 20) - 1] == 7);
}

// --- alignment ---

#define ALIGNED(n)                                                             \
  static NOINLINE int aligned_##n(int depth) {                                 \
    char before = 1;                                                           \
    _Alignas(n) char a[n + 8];                                                 \
    char *p = a;                                                               \
    OPAQUE(p);                                                                 \
    CHECK((uintptr_t)p % (n) == 0);                                            \
    p[n] = (char)depth;                                                        \
    int r = depth ? aligned_##n(depth - 1) : 0;                                \
    CHECK(p == a && p[n] == (char)depth && before == 1);                       \
    return r + 1;                                                              \
  }
ALIGNED(32)
ALIGNED(64)
ALIGNED(256)
ALIGNED(4096)

static NOINLINE int aligned_vla(int n) {
  char a[n] __attribute__((aligned(128)));
  char *p = a;
  OPAQUE(p);
  CHECK((uintptr_t)p % 128 == 0);
  p[n - 1] = 5;
  grow_stack(n % 40);
  return p[n - 1];
}

// An over-aligned local that stays in the frame: spilled vectors.
typedef float vec8 __attribute__((vector_size(32)));
static NOINLINE vec8 vectors(vec8 a, vec8 b) {
  vec8 c = a * b;
  grow_stack(30);
  vec8 d = c + a;
  grow_stack(90);
  return d - b;
}

static int all(void *arg) {
  (void)arg;
  CHECK(vla(1) == 0 && vla(100) == 4950 && vla(5000) == 12497500);
  CHECK(vla_2d(17, 33) == 17 * 33);
  CHECK(alloca_list(300) == 44850);
  int top = 200;
  CHECK(alloca_recursive(100, &top) == 5050);
  large_alloca();
  CHECK(aligned_32(40) == 41 && aligned_64(40) == 41);
  CHECK(aligned_256(20) == 21 && aligned_4096(5) == 6);
  CHECK(aligned_vla(1) == 5 && aligned_vla(1000) == 5);
  vec8 v =
      vectors((vec8){1, 2, 3, 4, 5, 6, 7, 8}, (vec8){2, 2, 2, 2, 2, 2, 2, 2});
  for (int i = 0; i < 8; i++)
    CHECK(v[i] == 3.0f * (i + 1) - 2);
  return 0;
}

static void at_depths(void *arg) {
  for (int d = 0; d < 24; d += 5)
    CHECK(deeper(d, all, arg) == d);
}

int main(void) {
  all(NULL);
  vla_loop();
  run_in_goroutine(at_depths, NULL);
  run_in_goroutines(3, at_depths, NULL);
  return 0;
}
