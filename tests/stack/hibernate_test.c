// SPDX-License-Identifier: MIT
// S6: hibernation. A goroutine that waits long keeps only a copy of its
// frames; it wakes with all of them, at any depth, many times over, and
// pointers to its locals are good meanwhile. Totals say that it happened.
#include "stack.h"

#include <stdatomic.h>

enum { SLEEPERS = 30, ROUNDS = 5 };

struct sleeper {
  vine_g g;
  _Atomic int slept, wake;
  _Atomic long *local;
  int depth;
};

static int sleep_here(void *arg) {
  struct sleeper *s = arg;
  _Atomic long local = 0;
  volatile long in_frame = s->depth * 7;
  s->local = &local;
  for (int i = 1; i <= ROUNDS; i++) {
    s->slept = i;
    while (s->wake < i)
      vine_park();
    CHECK(local == i && in_frame == s->depth * 7);
    grow_stack(s->depth % 40);
  }
  return 0;
}

static void sleeper(void *arg) {
  struct sleeper *s = arg;
  s->g = vine_self();
  CHECK(deeper(s->depth, sleep_here, s) == s->depth);
}

static struct sleeper all[SLEEPERS];
static struct in_goroutine in[SLEEPERS];

static void start(void) {
  for (int i = 0; i < SLEEPERS; i++) {
    all[i].depth = i * i;
    in[i] = (struct in_goroutine){VINE_GROUP_INIT, sleeper, &all[i]};
    vine_group_add(&in[i].done, 1);
    CHECK(vine_spawn(in_goroutine_main, &in[i]) == 0);
  }
}

static uint64_t hibernations(void) {
  struct vine_stack_stats st;
  vine_stack_stats(&st);
  return st.hibernations;
}

// Until the watchdog hibernated them all, for the round-th time.
static void wait_for_hibernation(uint64_t want) {
  while (hibernations() < want)
    vine_yield();
}

static void wake_all(int round) {
  for (int i = 0; i < SLEEPERS; i++) {
    while (all[i].slept < round)
      vine_yield();
    ++*all[i].local;
    all[i].wake = round;
    CHECK(vine_ready(all[i].g) == 0);
  }
}

int main(void) {
  vine_stack_set_idle(0, 0);
  start();
  for (int round = 1; round <= ROUNDS; round++) {
    for (int i = 0; i < SLEEPERS; i++)
      while (all[i].slept < round)
        vine_yield();
    wait_for_hibernation((uint64_t)(round * SLEEPERS));
    wake_all(round);
  }
  for (int i = 0; i < SLEEPERS; i++)
    vine_group_wait(&in[i].done);
  struct vine_stack_stats st;
  vine_stack_stats(&st);
  CHECK(st.wakes >= ROUNDS * SLEEPERS && st.hibernated <= 1);
  return 0;
}
