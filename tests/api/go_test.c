// SPDX-License-Identifier: MIT
// include/vine/go.h: spawn, options, yield, exit, ids, counts, park and ready;
// from goroutines, and from plain threads where that is allowed. The bad
// sizes of issue 3's "Bad input".
#include "testing.h"

#include <vine.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>

static vine_group wg;
static int ran;

static void counts(void *arg) {
  __atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
  vine_group_done(arg);
}

static void settle(uint64_t goroutines) {
  while (vine_goroutine_count() > goroutines)
    vine_yield();
  CHECK_EQ(vine_goroutine_count(), goroutines);
}

static void spawning(void) {
  ran = 0;
  vine_group_add(&wg, 100);
  for (int i = 0; i < 100; i++)
    CHECK(vine_spawn(counts, &wg) == 0);
  vine_group_wait(&wg);
  CHECK_EQ(ran, 100);
  settle(1);
}

// --- options ---

static void info(void *arg) {
  vine_stack_info(arg);
  vine_group_done(&wg);
}

static int with(int64_t max_stack, int64_t stack) {
  struct vine_spawn_options o = {sizeof o, max_stack, stack};
  struct vine_stack_info i = {0};
  vine_group_add(&wg, 1);
  int err = vine_spawn_with(&o, info, &i);
  if (err)
    vine_group_done(&wg);
  vine_group_wait(&wg);
  if (!err && !TEST_FIXED)
    CHECK_EQ(i.limit_bytes, max_stack ? max_stack : 1 << 30);
  return err;
}

static void options(void) {
  const int64_t bad_max[] = {-1, INT64_MIN, INT64_MAX,
                             1,  4095,      ((int64_t)1 << 40) + 1};
  const int64_t bad_stack[] = {-1, INT64_MIN, INT64_MAX,
                               1,  4095,      ((int64_t)1 << 30) + 1};
  for (int i = 0; i < 6; i++) {
    CHECK_EQ(with(bad_max[i], 0), -EINVAL);
    CHECK_EQ(with(0, bad_stack[i]), -EINVAL);
  }
  CHECK_EQ(with(0, 0), 0);
  CHECK_EQ(with(4096, 4096), 0);
  CHECK_EQ(with((int64_t)1 << 40, (int64_t)1 << 30), 0);
  vine_group_add(&wg, 1);
  CHECK_EQ(vine_spawn_with(NULL, counts, &wg), 0);
  vine_group_wait(&wg);
  settle(1);
}

// A caller that was compiled with an older, shorter struct; or with none.
static void option_sizes(void) {
  struct vine_spawn_options o = {0, -5, -5};
  CHECK_EQ(vine_spawn_with(&o, counts, &wg), -EINVAL);
  o.size = 4097;
  CHECK_EQ(vine_spawn_with(&o, counts, &wg), -EINVAL);
  o.size = sizeof o.size;
  vine_group_add(&wg, 1);
  CHECK_EQ(vine_spawn_with(&o, counts, &wg), 0);
  vine_group_wait(&wg);
}

static void limits(void) {
  int64_t old = vine_set_max_stack(1 << 20);
  CHECK_EQ(old, 1 << 30);
  CHECK_EQ(vine_set_max_stack(4095), -EINVAL);
  CHECK_EQ(vine_set_max_stack(-1), -EINVAL);
  CHECK_EQ(vine_set_max_stack(((int64_t)1 << 40) + 1), -EINVAL);
  CHECK_EQ(vine_set_max_stack(old), 1 << 20);
}

// --- ids ---

static void ids(void *arg) {
  vine_g me = vine_self();
  CHECK(me.goid == vine_goid() && me.goid > 1 && me.g);
  vine_yield();
  CHECK(vine_goid() == me.goid);
  *(vine_g *)arg = me;
  vine_group_done(&wg);
}

static void identity(void) {
  vine_g a, b;
  CHECK_EQ(vine_goid(), 1);
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(ids, &a) == 0);
  vine_group_wait(&wg);
  settle(1);
  CHECK_EQ(vine_ready(a), -ESRCH);
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(ids, &b) == 0);
  vine_group_wait(&wg);
  CHECK(a.goid != b.goid);
  settle(1);
  CHECK_EQ(vine_ready(b), -ESRCH);
  CHECK_EQ(vine_ready((vine_g){0}), -ESRCH);
}

// --- park and ready ---

static int turns;
static void parker(void *arg) {
  vine_g *me = arg;
  *me = vine_self();
  for (int i = 1; i <= 100; i++) {
    vine_group_done(&wg);
    while (__atomic_load_n(&turns, __ATOMIC_ACQUIRE) < i)
      vine_park();
  }
  vine_group_done(&wg);
}

static void park_and_ready(void) {
  vine_g g;
  turns = 0;
  vine_group_add(&wg, 1);
  CHECK(vine_spawn(parker, &g) == 0);
  for (int i = 1; i <= 100; i++) {
    vine_group_wait(&wg);
    vine_group_add(&wg, 1);
    __atomic_store_n(&turns, i, __ATOMIC_RELEASE);
    CHECK(vine_ready(g) == 0);
  }
  vine_group_wait(&wg);
}

// A ready that came first is remembered; one, not more.
static void permit(void) {
  vine_g me = vine_self();
  CHECK(vine_ready(me) == 0 && vine_ready(me) == 0);
  vine_park();
}

// --- exit; plain threads ---

static void exits(void *arg) {
  counts(arg);
  vine_exit();
  CHECK(!"vine_exit returned");
}

static void exiting(void) {
  ran = 0;
  vine_group_add(&wg, 10);
  for (int i = 0; i < 10; i++)
    vine_go(exits(&wg));
  vine_group_wait(&wg);
  CHECK_EQ(ran, 10);
  settle(1);
}

static void *thread(void *arg) {
  vine_group mine = VINE_GROUP_INIT;
  CHECK_EQ(vine_goid(), 0);
  vine_yield();
  for (int i = 0; i < 20; i++) {
    vine_group_add(&mine, 2);
    CHECK(vine_spawn(counts, &mine) == 0);
    vine_go(counts(&mine));
    vine_group_wait(&mine);
  }
  return arg;
}

static void threads(void) {
  pthread_t t[4];
  ran = 0;
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&t[i], NULL, thread, NULL) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_join(t[i], NULL) == 0);
  CHECK_EQ(ran, 160);
  settle(1);
}

int main(void) {
  CHECK(vine_maxprocs() >= 1);
  CHECK_EQ(vine_init(), 0);
  spawning();
  options();
  option_sizes();
  limits();
  identity();
  park_and_ready();
  permit();
  exiting();
  threads();
  return 0;
}
