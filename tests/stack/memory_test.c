// SPDX-License-Identifier: MIT
// S13, P8: memory goes back after a spike, caches are bounded, learned sizes
// don't run away, mappings don't pile up. After Go's TestStackMem and
// TestStackCache, and Go issue 9869.
#include "stack.h"

static uint64_t resident_bytes(void) {
  unsigned long total = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%lu %lu", &total, &resident) == 2);
  fclose(f);
  return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

// Goroutines give their stack back a moment after they said that they ended.
static uint64_t settled_bytes(void) {
  while (vine_goroutine_count() > 1)
    vine_yield();
  return resident_bytes();
}

static int mappings(void) {
  FILE *f = fopen("/proc/self/maps", "r");
  int n = 0, c;
  CHECK(f);
  while ((c = getc(f)) != EOF)
    n += c == '\n';
  fclose(f);
  return n;
}

static NOINLINE int use_stack(int kilobytes) {
  char a[1024];
  WHOLE(a);
  int r = kilobytes ? use_stack(kilobytes - 1) : 0;
  WHOLE(a);
  return r + 1;
}

static void spike(void *arg) {
  CHECK(use_stack(*(int *)arg) == *(int *)arg + 1);
  vine_yield();
}

// TestStackMem: batches of goroutines with large stacks, one after the
// other, must reuse the memory.
static void batches(void) {
  int kilobytes = 200;
  run_in_goroutines(20, spike, &kilobytes);
  uint64_t first = settled_bytes();
  for (int i = 0; i < 10; i++)
    run_in_goroutines(20, spike, &kilobytes);
  CHECK(settled_bytes() < first + (16 << 20));
}

// 64 MB in one goroutine are gone after it.
static void one_large(void) {
  int kilobytes = 64 << 10;
  uint64_t before = settled_bytes();
  run_in_goroutine(spike, &kilobytes);
  CHECK(settled_bytes() < before + (16 << 20));
}

// Also from one that goes on: its stack shrinks when it waits.
static int stage;
static void large_then_waits(void *arg) {
  vine_group *wg = arg;
  CHECK(use_stack(32 << 10) == (32 << 10) + 1);
  stage = 1;
  vine_group_wait(wg);
}

static void shrinks_back(void) {
  vine_group hold = VINE_GROUP_INIT;
  struct in_goroutine in = {VINE_GROUP_INIT, large_then_waits, &hold};
  uint64_t before = resident_bytes();
  vine_group_add(&hold, 1);
  vine_group_add(&in.done, 1);
  CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) == 0)
    vine_yield();
  // For ever, if the memory doesn't come back.
  while (resident_bytes() > before + (16 << 20)) {
    vine_stack_shrink();
    vine_yield();
  }
  vine_group_done(&hold);
  vine_group_wait(&in.done);
}

// Locals whose address escapes, 6 KB of them, once, then long waits.
static NOINLINE void use_side(void) {
  char a[6000];
  WHOLE(a);
}

static void side_then_waits(void *arg) {
  use_side();
  vine_group_wait(arg);
}

static void side_goes_back(void) {
  vine_group hold = VINE_GROUP_INIT;
  int n = 10000;
  struct in_goroutine in = {VINE_GROUP_INIT, side_then_waits, &hold};
  uint64_t before = settled_bytes();
  vine_group_add(&hold, 1);
  vine_group_add(&in.done, n);
  for (int i = 0; i < n; i++)
    CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  // For ever, if each keeps its 8 KB.
  while (resident_bytes() > before + ((uint64_t)n << 12)) {
    vine_stack_shrink();
    vine_yield();
  }
  vine_group_done(&hold);
  vine_group_wait(&in.done);
}

static void small(void *arg) { vine_group_wait(arg); }

static void mapping_count(void) {
  vine_group hold = VINE_GROUP_INIT;
  static struct in_goroutine in;
  int before = mappings(), n = 20000;
  in = (struct in_goroutine){VINE_GROUP_INIT, small, &hold};
  vine_group_add(&hold, 1);
  vine_group_add(&in.done, n);
  for (int i = 0; i < n; i++)
    CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  CHECK(mappings() < before + 200 || in_mode("fault"));
  vine_group_done(&hold);
  vine_group_wait(&in.done);
}

int main(void) {
  batches();
  one_large();
  shrinks_back();
  if (!in_mode("fault")) {
    side_goes_back();
    mapping_count();
  }
  return 0;
}
