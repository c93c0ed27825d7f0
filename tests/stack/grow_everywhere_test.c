// SPDX-License-Identifier: MIT
// S4: growth right before, and right after, everything that may block, in new
// goroutines, in callbacks, in timers, while locked to a thread, at depths 1 to
// 1,024. After Go's TestStackGrowth
// and TestStackGrowthCallback (runtime/stack_test.go).
#include "stack.h"

#include <pthread.h>

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

static void echo(vine_chan_t in, vine_chan_t out) {
  for (int v; vine_recv_ok(in, &v);) {
    grow_stack(v);
    vine_send(out, v);
  }
  vine_send(out, -1);
}

static int channels(void *arg) {
  (void)arg;
  vine_chan_t in = vine_chan_make(int, 0), out = vine_chan_make(int, 0);
  vine_go(echo(in, out));
  vine_send(in, 7);
  int v = 0, w = 9;
  struct vine_select_case k[] = {vine_case_recv(out, &v),
                                 vine_case_send(out, &w)};
  CHECK(vine_select(k, 1) == 0 && v == 7);
  vine_chan_close(in);
  CHECK(vine_recv(out, int) == -1);
  vine_chan_free(in);
  vine_chan_free(out);
  return 0;
}

static void fire(void *arg) {
  grow_stack(15);
  vine_group_done(arg);
}

static int timer(void *arg) {
  (void)arg;
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 1);
  vine_timer_t t = vine_after_func(1000, fire, &wg);
  vine_group_wait(&wg);
  vine_timer_free(t);
  vine_sleep(1000);
  return 0;
}

static int locked(void *arg) {
  vine_lock_thread();
  vine_lock_thread();
  pthread_t before = pthread_self();
  spawn_and_wait(arg);
  grow_stack(30);
  vine_yield();
  CHECK(pthread_self() == before);
  vine_unlock_thread();
  vine_unlock_thread();
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
  int (*const each[])(void *) = {no_last,  yield,    spawn_and_wait,
                                 park,     callback, foreign,
                                 channels, timer,    locked};
  for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++)
    each_depth(each[i]);
  exit_at_depth();
  return 0;
}
