// SPDX-License-Identifier: MIT
// Raw switch: the cheapest way from one goroutine to another, a yield to the
// only other one, beside a bare coroutine switch, switch_peer.S, that saves
// what libaco's does. Per switch.

#include "bench.h"

#include <vine.h>

void bench_coswitch(void **save, void *to);

static vine_group done;
static void *coroutine, *caller;
static char stack[65536] __attribute__((aligned(16)));

// Foreign: it has a stack of its own, of a fixed size.
VINE_FOREIGN static void body(void) {
  for (;;)
    bench_coswitch(&coroutine, caller);
}

VINE_FOREIGN static int64_t bare(int64_t n) {
  void **top = (void **)(stack + sizeof stack) - 2;
  *top = (void *)body;
  coroutine = (char *)top - 8 * 6 - 8; // registers, control words
  memset(coroutine, 0, 8 * 7);
  *(uint64_t *)coroutine = 0x37f00001f80; // defaults: x87 0x37f, mxcsr 0x1f80
  int64_t t = bench_now();
  for (int64_t i = 0; i < n; i += 2)
    bench_coswitch(&caller, coroutine);
  return bench_now() - t;
}

static void yielder(int64_t n) {
  for (int64_t i = 0; i < n; i++)
    vine_yield();
  vine_group_done(&done);
}

static int64_t goroutines(int64_t n) {
  int64_t t = bench_now();
  vine_group_add(&done, 2);
  vine_go(yielder(n / 2));
  vine_go(yielder(n / 2));
  vine_group_wait(&done);
  return bench_now() - t;
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 1);
  bare(n / 10);
  goroutines(n / 10);
  bench_report("switch", goroutines(n), n);
  bench_report("bare", bare(n), n);
  return 0;
}
