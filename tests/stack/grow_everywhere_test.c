// SPDX-License-Identifier: MIT
// S4: growth right before, and right after, everything that may block, in new
// goroutines, in callbacks, at depths 1 to 1,024. After Go's TestStackGrowth
// and TestStackGrowthCallback (runtime/stack_test.go).
#include "stack.h"

enum { DEPTH_MAX = 1024 };

static int no_last(void *arg) {
  (void)arg;
  return 0;
}

static int yield(void *arg) {
  (void)arg;
  vine_yield();
  return 0;
}

static void child(void *arg) {
  grow_stack(8);
  vine_group_done(arg);
}

static int spawn_and_wait(void *arg) {
  (void)arg;
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(child, &wg) == 0);
  vine_group_wait(&wg);
  return 0;
}

struct wake {
  vine_g sleeper;
  int woken;
};

static void waker(void *arg) {
  struct wake *w = arg;
  grow_stack(20);
  __atomic_store_n(&w->woken, 1, __ATOMIC_RELEASE);
  CHECK(vine_ready(w->sleeper) == 0);
}

static int park(void *arg) {
  (void)arg;
  struct wake w = {vine_self(), 0};
  CHECK(vine_spawn(waker, &w) == 0);
  while (!__atomic_load_n(&w.woken, __ATOMIC_ACQUIRE))
    vine_park();
  return 0;
}

static int compare(const void *a, const void *b) {
  grow_stack(10);
  return *(const int *)a - *(const int *)b;
}

static int callback(void *arg) {
  (void)arg;
  int v[4] = {3, 1, 2, 0};
  qsort(v, 4, sizeof v[0], compare);
  CHECK(v[0] == 0 && v[1] == 1 && v[2] == 2 && v[3] == 3);
  return 0;
}

static int foreign(void *arg) {
  (void)arg;
  char text[32];
  snprintf(text, sizeof text, "%d %.1f", 42, 1.5);
  CHECK(strcmp(text, "42 1.5") == 0);
  return 0;
}

static int exit_deep(void *arg) {
  vine_group_done(arg);
  vine_exit();
}

struct at_depth {
  int (*fn)(void *);
  int depth;
};

static void at_depth(void *arg) {
  struct at_depth *a = arg;
  CHECK(deeper(a->depth, a->fn, NULL) == a->depth);
}

// In a goroutine each time, so that the growth is there each time.
static void each_depth(int (*fn)(void *)) {
  for (int d = 1; d <= DEPTH_MAX; d = d < 32 ? d + 1 : d * 2) {
    struct at_depth a = {fn, d};
    run_in_goroutine(at_depth, &a);
  }
}

static void exits(void *arg) { deeper(100, exit_deep, arg); }

static void exit_at_depth(void) {
  vine_group wg = VINE_GROUP_INIT;
  for (int i = 0; i < 20; i++) {
    vine_group_add(&wg, 1);
    CHECK(vine_spawn(exits, &wg) == 0);
  }
  vine_group_wait(&wg);
}

int main(void) {
  int (*const each[])(void *) = {no_last, yield,    spawn_and_wait,
                                 park,    callback, foreign};
  for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++)
    each_depth(each[i]);
  exit_at_depth();
  return 0;
}
