// SPDX-License-Identifier: MIT
// R: goroutines that do nothing but give way, in loops that don't poll: a
// mark in the guard is gone with the next goroutine, so only vine_yield itself
// can let the rest of the program in. The world is stopped beside them, timers
// fire, what other threads start and wake runs. Compiled with -fno-vine-poll.
// After Go's TestYieldProgress and TestStopTheWorldDeadlock.
#include "sched.h"

#include <pthread.h>

static vine_group wg;
static int stop;

static void giver(void) {
  while (!GET(stop))
    vine_yield();
  vine_group_done(&wg);
}

static void start(int n) {
  SET(stop, 0);
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(giver());
}

static void end(void) {
  SET(stop, 1);
  vine_group_wait(&wg);
  settle(1);
}

static void is_stopped(void) {
  vine_set_maxprocs(4);
  start(8);
  CHECK_EQ(vine_set_maxprocs(2), 4);
  CHECK_EQ(vine_set_maxprocs(4), 2);
  CHECK_EQ(vine_set_maxprocs(1), 4);
  end();
}

static void lets_timers_fire(void) {
  start(2);
  for (int i = 0; i < 3; i++)
    vine_sleep(MS);
  end();
}

static int ran;
static void runs(void) {
  ADD(ran, 1);
  vine_group_done(&wg);
}

static void *thread(void *arg) {
  for (int i = 0; i < 10; i++)
    vine_go(runs());
  CHECK(vine_set_maxprocs(2) > 0);
  CHECK_EQ(vine_set_maxprocs(1), 2);
  return arg;
}

static void lets_others_in(void) {
  pthread_t t;
  start(2);
  vine_group_add(&wg, 10);
  CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
  while (GET(ran) < 10)
    vine_yield();
  CHECK(pthread_join(t, NULL) == 0);
  end();
}

int main(void) {
  int procs = vine_maxprocs();
  is_stopped();
  lets_timers_fire();
  lets_others_in();
  vine_set_maxprocs(procs);
  lets_timers_fire();
  return 0;
}
