// SPDX-License-Identifier: MIT
// Fixed goroutines: entry functions that vinecc did not compile, mixed with
// growable ones. They call the API and instrumented callbacks, which run on
// the fixed stack unchecked (design section 4). Thousands of them at once:
// guards must not double the mappings (P8: brpc issue 107, libdill 130).
#include "fixed.h"
#include "foreign.h"
#include "stack.h"

enum { MANY = 200 };

static vine_group wg;

static long callback(void *arg, long v) {
  long local = v;
  long *p = &local; // on the side stack
  OPAQUE(p);
  grow_stack(30);
  vine_yield();
  __atomic_add_fetch((long *)arg, 1, __ATOMIC_RELAXED);
  return *p * 2;
}

static long total;
static struct fixed_job jobs[MANY];

static void run(void (*fn)(void *), int n, int rounds) {
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++) {
    jobs[i] = (struct fixed_job){&wg, callback, &total, 0, rounds};
    CHECK(vine_spawn(fn, &jobs[i]) == 0);
  }
  vine_group_wait(&wg);
}

static void results_are(int n, long want) {
  for (int i = 0; i < n; i++)
    CHECK_EQ(jobs[i].result, want);
}

static void growable(void *arg) {
  for (int i = 0; i < 10; i++) {
    grow_stack(i * 5);
    vine_yield();
  }
  vine_group_done(arg);
}

static void mixed(void) {
  vine_group others = VINE_GROUP_INIT;
  vine_group_add(&others, 20);
  for (int i = 0; i < 20; i++)
    CHECK(vine_spawn(growable, &others) == 0);
  total = 0;
  run(fixed_worker, 20, 10);
  results_are(20, 90);
  CHECK_EQ(total, 200);
  vine_group_wait(&others);
}

static void sizes(void) {
  struct vine_spawn_options o = {.size = sizeof o};
  const long want[] = {4096, 65536, 1 << 20, 1 << 24};
  for (int i = 0; i < 4; i++) {
    jobs[i] = (struct fixed_job){.wg = &wg};
    o.stack = want[i];
    vine_group_add(&wg, 1);
    CHECK(vine_spawn_with(&o, fixed_info, &jobs[i]) == 0);
    vine_group_wait(&wg);
    CHECK(jobs[i].result >= want[i] && jobs[i].result <= want[i] + 65536);
  }
}

int main(void) {
  mixed();
  run(fixed_parker, 20, 10);
  results_are(20, 10);
  run(fixed_exiter, 20, 1);
  run(fixed_info, 4, 1);
  results_are(4, 65536);
  run(fixed_deep, MANY, 123);
  results_are(MANY, 9);
  sizes();
  return 0;
}
