// SPDX-License-Identifier: MIT
// Vine's waits are no cancellation points, in plain threads, in goroutines that
// have a cleanup handler and in main: what is cancelled in such a wait gets
// what it waits for, and ends at the next cancellation point of the C
// library's. So no value and no permit is lost with it.
#include "testing.h"

#include <pthread.h>
#include <unistd.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))

// What is waited for: each wait begins when `turn` is told, and ends by `give`.
static vine_chan_t c, full;
static vine_mutex m = VINE_MUTEX_INIT;
static vine_cond cond = VINE_COND_INIT;
static vine_sem sem = VINE_SEM_INIT(0);
static vine_group group = VINE_GROUP_INIT;
static int is_given;

static void receives(void) { CHECK_EQ(vine_recv(c, int), 5); }
static void gives_value(void) { vine_send(c, 5); }

static void sends(void) { vine_send(full, 6); }
static void takes_value(void) {
  CHECK_EQ(vine_recv(full, int), 1);
  CHECK_EQ(vine_recv(full, int), 6);
  vine_send(full, 1);
}

static void selects(void) {
  int got = 0;
  struct vine_select_case cases[] = {vine_case_recv(c, &got),
                                     vine_case_recv(NULL, &got)};
  CHECK_EQ(vine_select(cases, 2), 0);
  CHECK_EQ(got, 5);
}

static void locks(void) {
  vine_mutex_lock(&m);
  vine_mutex_unlock(&m);
}
static void unlocks(void) { vine_mutex_unlock(&m); }

static void waits_for_cond(void) {
  vine_mutex_lock(&m);
  while (!is_given)
    vine_cond_wait(&cond, &m);
  is_given = 0;
  vine_mutex_unlock(&m);
}
static void signals(void) {
  vine_mutex_lock(&m);
  is_given = 1;
  vine_cond_signal(&cond);
  vine_mutex_unlock(&m);
}

static void acquires(void) { vine_sem_acquire(&sem, 2); }
static void releases(void) { vine_sem_release(&sem, 2); }

static void waits_for_group(void) { vine_group_wait(&group); }
static void settles(void) { vine_group_done(&group); }

static _Atomic int is_late;
static void sleeps(void) {
  do
    vine_sleep(VINE_MILLISECOND);
  while (!is_late);
  vine_sleep(VINE_MILLISECOND);
}
static void makes_late(void) { is_late = 1; }

static const struct wait {
  void (*wait)(void), (*give)(void);
} waits[] = {
    {receives, gives_value},    {sends, takes_value},
    {selects, gives_value},     {locks, unlocks},
    {waits_for_cond, signals},  {acquires, releases},
    {waits_for_group, settles}, {sleeps, makes_late},
};
#define WAITS ((int)(sizeof waits / sizeof waits[0]))

static _Atomic int came_back, cleaned;
static pthread_t _Atomic self;
static _Atomic int is_ready;

static void clean(void *arg) { ++*(_Atomic int *)arg; }

static NOINLINE void wait_and_end(const struct wait *w) {
  pthread_cleanup_push(clean, &cleaned);
  self = pthread_self();
  is_ready = 1;
  w->wait();
  came_back++;
  pthread_testcancel();
  CHECK(!"goes on behind a cancellation point");
  pthread_cleanup_pop(0);
}

// Before the wait: nothing to take is there.
static void prepare(const struct wait *w) {
  is_ready = is_late = came_back = cleaned = 0;
  if (w->wait == locks)
    vine_mutex_lock(&m);
  if (w->wait == waits_for_group)
    vine_group_add(&group, 1);
}

static void cancel_and_give(const struct wait *w) {
  while (!is_ready)
    vine_sleep(VINE_MILLISECOND);
  vine_sleep(2 * VINE_MILLISECOND); // most likely it waits
  CHECK(pthread_cancel(self) == 0);
  w->give();
}

static void *in_thread(void *w) {
  wait_and_end(w);
  return NULL;
}

static void of_thread(const struct wait *w) {
  pthread_t t;
  void *result;
  prepare(w);
  CHECK(pthread_create(&t, NULL, in_thread, (void *)(uintptr_t)w) == 0);
  cancel_and_give(w);
  CHECK(pthread_join(t, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  CHECK(came_back == 1 && cleaned == 1);
}

static void of_goroutine(const struct wait *w) {
  prepare(w);
  vine_go(wait_and_end(w));
  cancel_and_give(w);
  for (int i = 0; vine_goroutine_count() != 1; i++) {
    CHECK(i < 5000);
    vine_sleep(VINE_MILLISECOND);
  }
  CHECK(came_back == 1 && cleaned == 1);
}

// main's own: ends the process by the status of its handler.
static void *cancel_main(void *w) {
  cancel_and_give(w);
  return NULL;
}

static void end_well(void *arg) {
  (void)arg;
  CHECK(came_back == 1);
  _exit(0);
}

static void of_main(void) {
  pthread_t t;
  prepare(&waits[0]);
  CHECK(pthread_create(&t, NULL, cancel_main, (void *)&waits[0]) == 0);
  pthread_cleanup_push(end_well, NULL);
  wait_and_end(&waits[0]);
  pthread_cleanup_pop(0);
}

int main(void) {
  c = vine_chan_make(int, 0);
  full = vine_chan_make(int, 1);
  vine_send(full, 1);
  for (int i = 0; i < WAITS; i++)
    of_thread(&waits[i]);
  vine_lock_thread(); // the first thread ends once: as main's
  for (int i = 0; i < WAITS; i++)
    of_goroutine(&waits[i]);
  vine_unlock_thread();
  of_main();
  return 1;
}
