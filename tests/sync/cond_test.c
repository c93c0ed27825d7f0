// SPDX-License-Identifier: MIT
// After Go's TestCondSignal, TestCondSignalGenerations, TestCondBroadcast,
// TestRace and TestCondSignalStealing (go/src/sync/cond_test.go).
#include "sync.h"

static vine_mutex m;
static vine_cond c;

struct waits {
  vine_chan_t running, awake;
  int id;
  bool exit;
};

static void signalled(void *arg) {
  struct waits *w = arg;
  vine_mutex_lock(&m);
  vine_send(w->running, true);
  vine_cond_wait(&c, &m);
  vine_send(w->awake, true);
  vine_mutex_unlock(&m);
}

static void test_signal(int n) {
  static struct waits w;
  w = (struct waits){vine_chan_make(bool, n), vine_chan_make(bool, n), 0, 0};
  for (int i = 0; i < n; i++)
    start(signalled, &w);
  for (int i = 0; i < n; i++)
    vine_recv(w.running, bool);
  bool b;
  for (int left = n; left > 0; left--) {
    CHECK_EQ(vine_try_recv(w.awake, &b), -EAGAIN);
    vine_mutex_lock(&m);
    vine_cond_signal(&c);
    vine_mutex_unlock(&m);
    vine_recv(w.awake, bool);
  }
  CHECK_EQ(vine_try_recv(w.awake, &b), -EAGAIN);
  vine_cond_signal(&c);
}

static void generation(void *arg) {
  struct waits *w = arg;
  vine_mutex_lock(&m);
  int id = w->id++;
  vine_send(w->running, true);
  vine_cond_wait(&c, &m);
  vine_send(w->awake, id);
  vine_mutex_unlock(&m);
}

// First come, first woken.
static void test_generations(int n) {
  static struct waits w;
  w = (struct waits){vine_chan_make(bool, n), vine_chan_make(int, n), 0, 0};
  for (int i = 0; i < n; i++) {
    start(generation, &w);
    if (i > 0)
      CHECK_EQ(vine_recv(w.awake, int), i - 1);
    vine_recv(w.running, bool);
    vine_mutex_lock(&m);
    vine_cond_signal(&c);
    vine_mutex_unlock(&m);
  }
}

static void broadcasted(void *arg) {
  struct waits *w = arg;
  vine_mutex_lock(&m);
  int id = w->id++;
  while (!w->exit) {
    vine_send(w->running, id);
    vine_cond_wait(&c, &m);
    vine_send(w->awake, id);
  }
  vine_mutex_unlock(&m);
}

static void test_broadcast(int n) {
  static struct waits w;
  w = (struct waits){vine_chan_make(int, n), vine_chan_make(int, n), 0, false};
  for (int i = 0; i < n; i++)
    start(broadcasted, &w);
  int v;
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < n; i++)
      vine_recv(w.running, int);
    if (round == 4) {
      vine_mutex_lock(&m);
      w.exit = true;
      vine_mutex_unlock(&m);
    }
    CHECK_EQ(vine_try_recv(w.awake, &v), -EAGAIN);
    vine_mutex_lock(&m);
    vine_cond_broadcast(&c);
    vine_mutex_unlock(&m);
    for (int i = 0; i < n; i++)
      vine_recv(w.awake, int);
  }
}

// Two goroutines take turns; the third, a thread, watches.
static int turn;
static vine_group wg;

static void take_turns(int me) {
  for (int i = 0; i < rounds(500, 50); i++) {
    vine_mutex_lock(&m);
    while (turn != me)
      vine_cond_wait(&c, &m);
    turn = (turn + 1) % 3;
    vine_cond_broadcast(&c);
    vine_mutex_unlock(&m);
  }
}

static void turns_goroutine(void *me) {
  take_turns((int)(intptr_t)me);
  vine_group_done(&wg);
}

static void *turns_thread(void *me) {
  take_turns((int)(intptr_t)me);
  return NULL;
}

static void test_turns(void) {
  pthread_t t;
  vine_group_add(&wg, 2);
  start(turns_goroutine, (void *)0);
  start(turns_goroutine, (void *)1);
  CHECK_EQ(pthread_create(&t, NULL, turns_thread, (void *)2), 0);
  vine_group_wait(&wg);
  pthread_join(t, NULL);
}

static void timed(void *arg) {
  int64_t begin = now_ns();
  vine_mutex_lock(&m);
  CHECK_EQ(vine_cond_wait_until(&c, &m, begin + 3000000), -ETIMEDOUT);
  CHECK(now_ns() >= begin + 3000000);
  CHECK(!vine_mutex_try_lock(&m));
  vine_mutex_unlock(&m);
  vine_group_done(&wg);
}

static void *timed_thread(void *arg) {
  timed(arg);
  return NULL;
}

static void test_timeout(void) {
  pthread_t t;
  vine_group_add(&wg, 5);
  for (int i = 0; i < 4; i++)
    start(timed, NULL);
  CHECK_EQ(pthread_create(&t, NULL, timed_thread, NULL), 0);
  vine_group_wait(&wg);
  pthread_join(t, NULL);
  CHECK_EQ(c.waiters, 0);
}

// Signals and deadlines meet: each waiter returns once, signalled or not, and
// no signal is lost on one that timed out.
static atomic_int got;

static void race_timeout(void *arg) {
  vine_mutex_lock(&m);
  if (vine_cond_wait_until(&c, &m, now_ns() + (intptr_t)arg) == 0)
    atomic_fetch_add(&got, 1);
  vine_mutex_unlock(&m);
  vine_group_done(&wg);
}

static void test_timeout_race(void) {
  for (int i = 0; i < rounds(500, 50); i++) {
    vine_group_add(&wg, 4);
    for (int k = 0; k < 4; k++)
      start(race_timeout, (void *)(intptr_t)(k * 20000));
    while (vine_group_wait_until(&wg, now_ns() + 30000) != 0)
      vine_cond_signal(&c);
  }
  CHECK_EQ(c.waiters, 0);
}

int main(void) {
  test_signal(2);
  test_signal(50);
  test_generations(100);
  test_broadcast(200);
  test_turns();
  test_timeout();
  test_timeout_race();
  return 0;
}
