// SPDX-License-Identifier: MIT
// R: what a foreign call leaves in its thread is there when the call is over,
// however long it took: thread-local variables of libraries, dlerror,
// recursive locks. And that takes no thread for each goroutine that computes.
#include "sched.h"

#include <dlfcn.h>
#include <pthread.h>

enum { USERS = 20, ROUNDS = 50, LATE = 5, COMPUTING = 60, CALLING = 1000 };
static vine_group wg;

// No check and no poll: nothing but the calls could change the thread.
static void asks_library(int id) {
  for (int i = 0; i < ROUNDS; i++) {
    foreign_mark(id);
    foreign_sleep(MS / 5);
    CHECK_EQ(foreign_mark(id), id);
    foreign_spin(MS / 20);
    CHECK_EQ(foreign_mark(id), id);
  }
  vine_group_done(&wg);
}

static void asks_dlerror(int id) {
  char name[64];
  snprintf(name, sizeof name, "/nonexistent/lib%d.so", id);
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(!dlopen(name, RTLD_NOW));
    foreign_sleep(MS / 5);
    const char *message = dlerror();
    CHECK(message && strstr(message, name));
  }
  vine_group_done(&wg);
}

static void relocks(pthread_mutex_t *mutex, int *inside) {
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    CHECK_EQ(ADD(*inside, 1), 1);
    foreign_sleep(MS / 20);
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    ADD(*inside, -1);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(mutex), 0);
  }
  vine_group_done(&wg);
}

// Results in registers of every kind outlast the wait for a processor.
static void results(void) {
  for (int i = 0; i < ROUNDS; i++) {
    long double quotient = foreign_quotient(i, 3, MS / 10);
    CHECK(quotient == (long double)i / 3);
  }
  vine_group_done(&wg);
}

// Checks, polls and more than a time slice: a preemption changes it neither.
static NOINLINE int computes_some(int n) {
  volatile int sum = 0;
  for (int i = 0; i < n; i++)
    sum += i;
  return n ? computes_some(n / 2) : 0;
}

static void asks_late(int id) {
  for (int i = 0; i < 4; i++) {
    foreign_mark(id);
    int64_t end = vine_now() + 12 * MS;
    while (vine_now() < end)
      computes_some(1000);
    CHECK_EQ(foreign_mark(id), id);
  }
  vine_group_done(&wg);
}

static void state(void) {
  int inside = 0;
  pthread_mutexattr_t attr;
  pthread_mutex_t mutex;
  CHECK_EQ(pthread_mutexattr_init(&attr), 0);
  CHECK_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE), 0);
  CHECK_EQ(pthread_mutex_init(&mutex, &attr), 0);
  vine_group_add(&wg, 4 * USERS + LATE);
  for (int i = 1; i <= LATE; i++)
    vine_go(asks_late(1000 + i));
  for (int i = 1; i <= USERS; i++) {
    vine_go(asks_library(i));
    vine_go(asks_dlerror(i));
    vine_go(relocks(&mutex, &inside));
    vine_go(results());
  }
  vine_group_wait(&wg);
}

// --- computing ---

static void computes(int *stop) {
  while (!GET(*stop))
    ;
  vine_group_done(&wg);
}

static void computing(void) {
  int stop = 0;
  while (threads() > 2 * vine_maxprocs() + 8)
    vine_sleep(20 * MS);
  vine_group_add(&wg, COMPUTING);
  for (int i = 0; i < COMPUTING; i++)
    vine_go(computes(&stop));
  for (int i = 0; i < 3; i++) {
    CHECK(threads() <= 2 * vine_maxprocs() + 8);
    vine_sleep(MS);
  }
  SET(stop, 1);
  vine_group_wait(&wg);
}

// --- computing, with foreign calls ---

// No more than 256 keep a thread that waits (keep.c).
static void calls(int id, int *stop) {
  while (!GET(*stop))
    foreign_mark(id);
  vine_group_done(&wg);
}

static void calling(void) {
  int stop = 0, most = 0;
  vine_group_add(&wg, CALLING);
  for (int i = 0; i < CALLING; i++)
    vine_go(calls(i, &stop));
  foreign_stop_in(1000 * MS, &stop, &most);
  vine_group_wait(&wg);
  CHECK(most <= 256 + 100); // some are in calls, and some idle
}

int main(void) {
  state();
  settle(1);
  if (TEST_FIXED) // those aren't preempted
    return 0;
  computing();
  calling();
  return 0;
}
