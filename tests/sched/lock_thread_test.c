// SPDX-License-Identifier: MIT
// R: a goroutine locked to its thread, nested, and one that ends while locked.
// After Go's TestLockOSThreadNesting, TestLockOSThreadExit and
// TestLockOSThreadAvoidsStatePropagation (proc_test.go), and
// testprog/lockosthread.go.
#include "sched.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static vine_group wg;

static void moves_about(int *stop) {
  while (!GET(*stop))
    vine_yield();
  vine_group_done(&wg);
}

static int grow(int n) {
  volatile char here[64];
  here[n % 64] = (char)n;
  return n == 0 ? 0 : grow(n - 1) + (here[n % 64] == (char)n);
}

// Everything that could take a goroutine to another thread.
static void stays(pthread_t me) {
  vine_yield();
  CHECK(pthread_equal(me, pthread_self()));
  vine_sleep(MS / 2);
  CHECK(pthread_equal(me, pthread_self()));
  foreign_sleep(MS / 2);
  CHECK(pthread_equal(me, pthread_self()));
  CHECK_EQ(grow(50), 50);
  int64_t end = vine_now() + 3 * MS;
  while (vine_now() < end)
    CHECK(pthread_equal(me, pthread_self()));
  CHECK(vine_set_maxprocs(vine_maxprocs()) > 0);
  CHECK(pthread_equal(me, pthread_self()));
}

static void nested(void) {
  vine_lock_thread();
  vine_lock_thread();
  pthread_t me = pthread_self();
  stays(me);
  vine_unlock_thread();
  stays(me);
  vine_unlock_thread();
  vine_unlock_thread(); // one too many: nothing
  vine_unlock_thread();
  vine_lock_thread(); // holds all the same
  stays(pthread_self());
  vine_unlock_thread();
  vine_group_done(&wg);
}

static void several(void) {
  int stop = 0;
  vine_group_add(&wg, 4);
  for (int i = 0; i < 2; i++)
    vine_go(moves_about(&stop));
  vine_go(nested());
  vine_go(nested());
  vine_group_add(&wg, 1);
  nested();
  SET(stop, 1);
  vine_group_wait(&wg);
}

// A locked goroutine's thread runs nobody else, and the children of one run
// elsewhere.
static void child_of_locked(pthread_t parent, vine_group *children) {
  CHECK(!pthread_equal(parent, pthread_self()));
  vine_group_done(children);
}

static void locked_parent(void) {
  vine_group children = VINE_GROUP_INIT;
  vine_lock_thread();
  vine_group_add(&children, 10);
  for (int i = 0; i < 10; i++)
    vine_go(child_of_locked(pthread_self(), &children));
  vine_group_wait(&children);
  vine_unlock_thread();
  vine_group_done(&wg);
}

// --- what its thread's copies would have ---

#define NICER 3

static void looks_at_state(int nice, const cpu_set_t *cpus) {
  foreign_sleep(MS / 2); // so that several threads are needed
  cpu_set_t mine;
  CHECK_EQ(getpriority(PRIO_PROCESS, 0), nice);
  CHECK_EQ(sched_getaffinity(0, sizeof mine, &mine), 0);
  CHECK(CPU_EQUAL(&mine, cpus));
  vine_group_done(&wg);
}

static void changes_state(int nice) {
  vine_lock_thread();
  static cpu_set_t before, one; // of the machine's size, not the stack's
  CHECK_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before))
    first++;
  CPU_SET(first, &one);
  CHECK_EQ(setpriority(PRIO_PROCESS, 0, nice + NICER), 0);
  CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  vine_group_add(&wg, 40);
  for (int i = 0; i < 40; i++) {
    vine_go(looks_at_state(nice, &before));
    if (i % 8 == 0)
      vine_sleep(MS / 10); // its P goes to a thread that must be made
  }
  CHECK_EQ(getpriority(PRIO_PROCESS, 0), nice + NICER);
  vine_group_done(&wg); // ends locked: nobody else gets the thread
}

static void keeps_state(void) {
  vine_group_add(&wg, 1);
  vine_go(changes_state(getpriority(PRIO_PROCESS, 0)));
  vine_group_wait(&wg);
}

// --- the end ---

enum { ENDS = 20 };

static void ends_locked(int how) {
  CHECK_EQ(foreign_mark(0), 0); // a thread without a past
  vine_lock_thread();
  if (how & 1)
    vine_lock_thread();
  foreign_mark(1);
  if (how & 2)
    vine_sleep(MS / 5);
  CHECK_EQ(foreign_mark(0), 1);
  vine_group_done(&wg);
  if (how & 4)
    vine_exit();
}

static void looks(void) {
  CHECK_EQ(foreign_mark(0), 0);
  vine_group_done(&wg);
}

static void exits(void) {
  settle(1);
  for (int i = 0; i < ENDS; i++) {
    vine_group_add(&wg, 1);
    vine_go(ends_locked(i));
    vine_group_wait(&wg);
  }
  settle(1);
  vine_group_add(&wg, 100);
  for (int i = 0; i < 100; i++)
    vine_go(looks());
  vine_group_wait(&wg);
  while (threads() > 2 * vine_maxprocs() + 8)
    vine_sleep(MS);
  settle(1);
}

int main(void) {
  keeps_state(); // first, so that threads have to be made
  several();
  vine_group_add(&wg, 1);
  vine_go(locked_parent());
  vine_group_wait(&wg);
  for (int i = 0; i < 4; i++)
    exits();
  return 0;
}
