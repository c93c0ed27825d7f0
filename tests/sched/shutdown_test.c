// SPDX-License-Identifier: MIT
// vine_init and vine_shutdown in a program whose main is a plain thread: work
// of all kinds is under way; functions run; afterwards no goroutine runs on,
// and Vine's threads are gone.
#include "sched.h"

#include <pthread.h>

static int runs, order, stop_calls;

static void loops(void *arg) {
  for (;;)
    ADD(runs, 1);
}

static void yields(void *arg) {
  for (;;) {
    ADD(runs, 1);
    vine_yield();
  }
}

static void sleeps(void *arg) {
  for (;;) {
    vine_sleep(MS / 4);
    ADD(runs, 1);
  }
}

static void parked(void *arg) { vine_recv(NULL, int); }

static void abroad(void *arg) {
  for (;;) {
    foreign_sleep(MS / 4);
    if (TEST_FIXED) // else coming back is enough
      vine_yield();
  }
}

static void in_callback(void *arg) { foreign_call(parked, NULL); }

static void locked(void *arg) {
  vine_lock_thread();
  sleeps(arg);
}

static void first(void *arg) {
  CHECK_EQ(order++, 1);
  ADD(stop_calls, 1);
}

static void second(void *arg) {
  CHECK_EQ(order++, 0);
  int from = GET(runs);
  while (GET(runs) < from + 10) // goroutines still run
    vine_yield();
}

int plain_main(int argc, char **argv);
int plain_main(int argc, char **argv) {
  static void (*const kinds[])(void *) = {loops,  yields,      sleeps, parked,
                                          abroad, in_callback, locked};
  vine_shutdown(); // before the start: nothing
  if (argc > 1) {
    CHECK_EQ(vine_init(), 0);
    vine_shutdown();
    CHECK_EQ(vine_init(), -ESHUTDOWN);
    vine_spawn(sleeps, NULL);
    return 0;
  }
  CHECK_EQ(vine_init(), 0);
  CHECK_EQ(vine_init(), 0);
  CHECK_EQ(vine_at_exit(first, NULL), 0);
  CHECK_EQ(vine_at_exit(second, NULL), 0);
  // Nothing stops a loop on a fixed stack that never calls Vine.
  for (int k = TEST_FIXED; k < 7; k++)
    for (int i = 0; i < 4; i++)
      CHECK_EQ(vine_spawn(kinds[k], NULL), 0);
  while (GET(runs) < 1000)
    vine_yield();
  vine_shutdown();
  int then = GET(runs);
  while (threads() > 1) // those abroad come back to nothing
    foreign_sleep(MS);
  CHECK_EQ(GET(runs), then);
  CHECK_EQ(order, 2);
  vine_shutdown();
  CHECK_EQ(stop_calls, 1);
  CHECK_DIED(test_run_self("again"), 2, "vine_spawn after vine_shutdown");
  return 0;
}
