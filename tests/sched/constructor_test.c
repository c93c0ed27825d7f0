// SPDX-License-Identifier: MIT
// vine_init in a constructor, of the executable and of a shared library: there
// goroutines run before main, the thread being a plain one; they go on when
// main becomes a goroutine on it. After Go's init functions that start
// goroutines (testprog/deadlock.go, InitDeadlock has the one that fails).
#include "testing.h"

#include <vine.h>

extern vine_chan_t lib_in, lib_out; // constructor_lib.c
extern int lib_init;

static vine_chan_t numbers;
static _Atomic int early;
static int loops_before = 0;
static volatile int stop;

static void counts(int n) {
  for (int i = 0; i < n; i++)
    vine_send(numbers, i);
}

static void arrives(vine_group *wg) {
  early++;
  vine_yield();
  vine_group_done(wg);
}

// Has a processor when main wants one.
static void loops(void) {
  while (!stop)
    loops_before++;
}

static void sleeps(void) {
  for (;;)
    vine_sleep(VINE_MILLISECOND);
}

__attribute__((constructor)) static void before_main(void) {
  vine_group wg = VINE_GROUP_INIT;
  CHECK_EQ(lib_init, 0);
  CHECK_EQ(vine_init(), 0); // once more
  // A plain thread: no goroutine yet.
  CHECK_EQ(vine_goid(), 0);
  numbers = vine_chan_make(int, 0);
  vine_go(counts(100));
  vine_go(sleeps());
  for (int i = 0; i < 50; i++)
    CHECK_EQ(vine_recv(numbers, int), i); // fifty are left for main
  vine_group_add(&wg, 100);
  for (int i = 0; i < 100; i++)
    vine_go(arrives(&wg));
  vine_group_wait(&wg);
  CHECK_EQ(early, 100);
  vine_send(lib_in, 10);
  CHECK_EQ(vine_recv(lib_out, int), 10);
  for (int i = 0; i < vine_maxprocs() + 1; i++)
    vine_go(loops());
}

static void gives_way(vine_group *wg) {
  for (int i = 0; i < 1000; i++)
    vine_yield();
  vine_group_done(wg);
}

// main waited for its processor on its thread; from then on it is like others.
static void take_turns(void) {
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 3);
  for (int i = 0; i < 2; i++)
    vine_go(gives_way(&wg));
  gives_way(&wg);
  vine_group_wait(&wg);
}

static void at_exit(void *arg) {
  vine_send(lib_in, 7); // goroutines of constructors live until the end
  CHECK_EQ(vine_recv(lib_out, int), 7);
  fputs((const char *)arg, stderr);
}

int main(int argc, char **argv) {
  if (argc == 1) { // all again, to see the end
    stop = 1;
    struct test_child *c = test_run_self("end");
    if (c->status != 5 || strcmp(c->err, "at exit\n") != 0)
      TEST_FAIL("status %d: %s", c->status, c->err);
    free(c);
  }
  (void)argv;
  CHECK_EQ(vine_goid(), 1);
  stop = 1;
  take_turns();
  for (int i = 50; i < 100; i++)
    CHECK_EQ(vine_recv(numbers, int), i);
  vine_send(lib_in, 2000);
  CHECK_EQ(vine_recv(lib_out, int), 2000);
  CHECK_EQ(vine_init(), 0);
  if (argc == 1)
    return 0;
  CHECK_EQ(vine_at_exit(at_exit, (void *)"at exit\n"), 0);
  return 5;
}
