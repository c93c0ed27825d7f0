// SPDX-License-Identifier: MIT
// S6, S7, P8: stacks of waiting goroutines get smaller, keep what is on them,
// and don't thrash. After Go's TestShrinkStackDuringBlockedSend,
// TestNoShrinkStackWhileParking and Go issue 18138 (hot split).
#include "foreign.h"
#include "stack.h"

#include <stdatomic.h>

static struct vine_stack_stats stats(void) {
  struct vine_stack_stats st;
  vine_stack_stats(&st);
  return st;
}

// --- a sleeper that grew and waits ---

struct sleeper {
  vine_g g;
  _Atomic int ready, wake;
  uint64_t size_before, size_after;
  int frames_below; // frames that stay while it waits
};

static int wait_inside(void *arg) {
  struct sleeper *s = arg;
  volatile int a = 11, b = 22;
  s->size_before = stack_size();
  s->ready = 1;
  while (!s->wake)
    vine_park();
  s->size_after = stack_size();
  CHECK(a == 11 && b == 22);
  return 0;
}

static void sleep_after_growth(void *arg) {
  struct sleeper *s = arg;
  s->g = vine_self();
  grow_stack(250);
  CHECK(deeper(s->frames_below, wait_inside, s) == s->frames_below);
  grow_stack(250);
}

struct started {
  struct sleeper s;
  vine_group wg;
};

static void sleeper_main(void *arg) {
  struct started *st = arg;
  sleep_after_growth(&st->s);
  vine_group_done(&st->wg);
}

static void start(struct started *st, int frames_below) {
  st->s.frames_below = frames_below;
  vine_group_add(&st->wg, 1);
  CHECK(vine_spawn(sleeper_main, st) == 0);
  while (!st->s.ready)
    vine_yield();
}

static void finish(struct started *st) {
  st->s.wake = 1;
  CHECK(vine_ready(st->s.g) == 0);
  vine_group_wait(&st->wg);
}

// Shrinking halves; enough rounds reach the floor. A goroutine that is just
// about to park may be passed over, so there are more rounds than needed.
static void shrink_all(void) {
  for (int i = 0; i < 40; i++) {
    vine_stack_shrink();
    vine_yield();
  }
}

static void shrinks_to_a_floor(void) {
  struct started st = {0};
  start(&st, 0);
  CHECK(st.s.size_before >= 8 << 10);
  shrink_all();
  finish(&st);
  CHECK(st.s.size_after >= 512 && st.s.size_after < st.s.size_before);
}

// More than a quarter in use: it keeps its size.
static void keeps_what_is_used(void) {
  struct started st = {0};
  start(&st, 200);
  shrink_all();
  finish(&st);
  CHECK(st.s.size_after == st.s.size_before || in_mode("hibernate"));
}

static void many_at_once(void) {
  static struct started st[20];
  for (int i = 0; i < 20; i++) {
    st[i] = (struct started){0};
    start(&st[i], i * 3);
  }
  shrink_all();
  for (int i = 0; i < 20; i++)
    finish(&st[i]);
}

// Never below foreign frames: the context is on a system stack.
static long park_in_callback(void *arg, long v) {
  wait_inside(arg);
  return v;
}

static void callback_sleeper(void *arg) {
  struct started *st = arg;
  st->s.g = vine_self();
  grow_stack(250);
  CHECK(foreign_call(park_in_callback, &st->s, 5) == 6);
  vine_group_done(&st->wg);
}

static void not_in_a_foreign_call(void) {
  struct started st = {0};
  vine_group_add(&st.wg, 1);
  CHECK(vine_spawn(callback_sleeper, &st) == 0);
  while (!st.s.ready)
    vine_yield();
  shrink_all();
  finish(&st);
  CHECK(st.s.size_after == st.s.size_before);
}

// --- hot split ---

// A loop at any distance from the stack's end that calls something which
// needs more: it grows once, not once a turn.
static int loop_at_boundary(void *arg) {
  uint64_t before = stats().grows;
  for (int i = 0; i < 60; i++) {
    grow_stack(6);
    if (i % 20 == 0)
      vine_yield();
  }
  *(uint64_t *)arg = stats().grows - before;
  return 0;
}

static void hot_split(void *arg) {
  for (int d = 0; d < 60; d += 3) {
    CHECK(deeper(d, loop_at_boundary, arg) == d);
    CHECK(*(uint64_t *)arg <= 2);
  }
}

// Nor where a stack is shrunk each time it waits: a quarter and a half are
// far enough apart.
static void park_and_grow(void *arg) {
  struct sleeper *s = arg;
  s->g = vine_self();
  for (int i = 0; i < 30; i++) {
    grow_stack(100);
    s->ready = i + 1;
    while (s->wake <= i)
      vine_park();
  }
}

static void no_thrash(void) {
  struct sleeper s = {0};
  vine_group wg = VINE_GROUP_INIT;
  struct in_goroutine in = {wg, park_and_grow, &s};
  vine_group_add(&in.done, 1);
  CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  uint64_t before = stats().grows;
  for (int i = 0; i < 30; i++) {
    while (s.ready <= i)
      vine_yield();
    vine_stack_shrink();
    s.wake = i + 1;
    CHECK(vine_ready(s.g) == 0);
  }
  vine_group_wait(&in.done);
  // Waking from hibernation gives just what the frames need.
  CHECK(stats().grows - before < 90 || in_mode("hibernate"));
}

int main(void) {
  uint64_t grows;
  shrinks_to_a_floor();
  keeps_what_is_used();
  many_at_once();
  not_in_a_foreign_call();
  run_in_goroutine(hot_split, &grows);
  no_thrash();
  CHECK(stats().shrinks > 0 || in_mode("hibernate"));
  return 0;
}
