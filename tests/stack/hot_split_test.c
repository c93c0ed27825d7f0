// SPDX-License-Identifier: MIT
// S7, P8: no hot split. A call at the edge of a side-stack chunk takes a new
// chunk once; repeated, it finds that chunk and never takes the slow path
// again. For each kind of object, with the edge at every possible place: what
// the thread's words say after the second call is what they say for ever.
#include "stack.h"

#include "vine_abi.h"

#include <alloca.h>
#include <stdarg.h>

struct words {
  uintptr_t ssp, lo, size;
};

#define READ(x, offset)                                                        \
  __asm__ volatile("movq %%fs:%c1, %0" : "=r"(x) : "i"(offset))

static inline __attribute__((always_inline)) struct words words(void) {
  struct words w;
  READ(w.ssp, VINE_TCB_SSP);
  READ(w.lo, VINE_TCB_SS_LO);
  READ(w.size, VINE_TCB_SS_SIZE);
  return w;
}

// The next allocation is a fast one, if it is small.
static bool is_current(struct words w) { return w.ssp - w.lo <= w.size; }

static void check_same(struct words a, struct words b) {
  CHECK(is_current(a) && is_current(b));
  CHECK(a.ssp == b.ssp && a.lo == b.lo);
}

// The address of a is who knows where: it goes to the side stack.
#define ESCAPE(a) __asm__ volatile("" : : "r"(a) : "memory")

static volatile int length = 100;

static NOINLINE void plain(void) {
  char a[100];
  ESCAPE(a);
}

static NOINLINE void aligned(void) {
  _Alignas(64) char a[64];
  ESCAPE(a);
  CHECK((uintptr_t)a % 64 == 0);
}

static NOINLINE void dynamic(void) {
  char *a = alloca(length);
  ESCAPE(a);
}

static NOINLINE void plain_and_dynamic(void) {
  char a[40];
  ESCAPE(a);
  char *b = alloca(length);
  ESCAPE(b);
}

static NOINLINE int sum(int n, ...) {
  va_list ap;
  va_start(ap, n);
  int r = 0;
  while (n--)
    r += va_arg(ap, int);
  va_end(ap);
  return r;
}

static NOINLINE void variadic(void) { CHECK(sum(3, 1, 2, 3) == 6); }

// Each turn of the loop is a scope.
static NOINLINE void scopes(void) {
  struct words before = {0};
  for (int i = 0; i < 5; i++) {
    char a[length];
    ESCAPE(a);
    if (i >= 2)
      check_same(before, words());
    before = words();
  }
}

static NOINLINE void check_at_edge(void (*call)(void)) {
  call();
  call();
  struct words before = words();
  for (int i = 0; i < 3; i++) {
    call();
    check_same(before, words());
  }
}

// The first calls are at `depth` objects of 16 bytes.
static NOINLINE void at_depth(int depth, void (*call)(void)) {
  char a[16];
  ESCAPE(a);
  if (depth)
    at_depth(depth - 1, call);
  else
    check_at_edge(call);
  ESCAPE(a);
}

static void (*const calls[])(void) = {
    plain, aligned, dynamic, plain_and_dynamic, variadic, scopes};
#define CALLS (int)(sizeof calls / sizeof *calls)

struct place {
  int call, depth;
};

// In a goroutine of its own: a side stack that was larger before stays ahead.
static void try_place(void *arg) {
  const struct place *p = arg;
  at_depth(p->depth, calls[p->call]);
}

static void try_empty(void *arg) { check_at_edge(calls[*(int *)arg]); }

int main(void) {
  for (int call = 0; call < CALLS; call++) {
    run_in_goroutine(try_empty, &call);
    for (int depth = 0; depth < 100; depth++)
      run_in_goroutine(try_place, &(struct place){call, depth});
  }
  return 0;
}
