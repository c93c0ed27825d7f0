// SPDX-License-Identifier: MIT
// R: 100 goroutines blocked in foreign calls at once, and again, while a
// ticker goes on; callbacks that park hold their thread and hand the processor
// on; short foreign calls lose nothing. bench/blocked.c measures the pace.
// After Go's TestPreemptionAfterSyscall (10, 100, 1,000 us).
#include "sched.h"

#include <pthread.h>

enum { MANY = 100 };
static vine_group wg;
static sem_t gate;
static int inside, ticks, stop;

static void ticker(void) {
  while (!GET(stop)) {
    vine_sleep(MS / 2);
    ADD(ticks, 1);
  }
  vine_group_done(&wg);
}

static void blocks(void) {
  ADD(inside, 1);
  foreign_wait(&gate);
  vine_group_done(&wg);
}

// All are in the call, none can leave it: only the ticker's turns come.
static void blocked(void) {
  vine_group_add(&wg, MANY + 1);
  stop = 0;
  vine_go(ticker());
  for (int i = 0; i < MANY; i++)
    vine_go(blocks());
  while (GET(inside) < MANY)
    vine_sleep(MS);
  int from = GET(ticks);
  while (GET(ticks) < from + 50)
    vine_yield();
  SET(stop, 1);
  for (int i = 0; i < MANY; i++)
    sem_post(&gate);
  vine_group_wait(&wg);
  inside = 0;
}

// --- callbacks that park ---

static vine_chan_t hand;
static void parks(void *arg) {
  pthread_t me = pthread_self();
  ADD(inside, 1);
  *(int *)arg = vine_recv(hand, int);
  // Foreign frames lie on the thread's stack; or on the goroutine's own.
  CHECK(TEST_FIXED || pthread_equal(me, pthread_self()));
}

static void calls_back(int i) {
  int got = -1;
  foreign_call(parks, &got);
  CHECK(got >= 0 && got < MANY);
  vine_group_done(&wg);
}

static void callbacks(void) {
  hand = vine_chan_make(int, 0);
  vine_group_add(&wg, MANY);
  for (int i = 0; i < MANY; i++)
    vine_go(calls_back(i));
  while (GET(inside) < MANY) // each holds its thread; others go on
    vine_yield();
  CHECK(threads() >= MANY);
  for (int i = 0; i < MANY; i++)
    vine_send(hand, i);
  vine_group_wait(&wg);
  vine_chan_free(hand);
  inside = 0;
}

// --- preemption after a foreign call ---

static void loops(void) {
  volatile uint64_t x = 0;
  while (!GET(stop))
    x++;
  vine_group_done(&wg);
}

static void after_call(int64_t ns) {
  int64_t end = vine_now() + 20 * MS;
  stop = 0;
  vine_group_add(&wg, vine_maxprocs());
  for (int i = 0; i < vine_maxprocs(); i++)
    vine_go(loops()); // nothing but preemption lets this goroutine go on
  do
    foreign_sleep(ns);
  while (vine_now() < end);
  SET(stop, 1);
  vine_group_wait(&wg);
}

// --- short calls ---

static void short_calls(int *calls) {
  do { // once at least: it may come late, on a loaded machine
    foreign_mark(0);
    if (ADD(*calls, 1) % 1000 == 0)
      vine_yield();
  } while (!GET(stop));
  vine_group_done(&wg);
}

static void shorts(void) {
  int calls[4] = {0};
  stop = 0;
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(short_calls(&calls[i]));
  for (int i = 0; i < 4; i++) // each gets its turns
    while (GET(calls[i]) < 5000)
      vine_sleep(MS);
  SET(stop, 1);
  vine_group_wait(&wg);
}

int main(void) {
  CHECK(sem_init(&gate, 0, 0) == 0);
  for (int i = 0; i < 3; i++)
    blocked();
  callbacks();
  after_call(10 * 1000);
  after_call(100 * 1000);
  after_call(1000 * 1000);
  shorts();
  while (vine_goroutine_count() > 1)
    vine_yield();
  return 0;
}
