// SPDX-License-Identifier: MIT
// After Go's TestMutex, TestMutexFairness (go/src/sync/mutex_test.go), and
// TestOnce (once_test.go); with plain threads beside the goroutines.
#include "sync.h"

static vine_mutex mu;
static vine_group wg;
static long counter;

static void hammer(int loops) {
  for (int i = 0; i < loops; i++) {
    if (i % 3 == 0) {
      if (vine_mutex_try_lock(&mu)) {
        counter++;
        vine_mutex_unlock(&mu);
      } else {
        i--;
        vine_yield();
      }
      continue;
    }
    vine_mutex_lock(&mu);
    long seen = counter;
    if (i % 7 == 0)
      vine_yield();
    counter = seen + 1;
    vine_mutex_unlock(&mu);
  }
}

static void hammer_goroutine(void *loops) {
  hammer((int)(intptr_t)loops);
  vine_group_done(&wg);
}

static void *hammer_thread(void *loops) {
  hammer((int)(intptr_t)loops);
  return NULL;
}

static void test_mutex(int goroutines, int threads) {
  int loops = rounds(3000, 300);
  pthread_t t[4];
  counter = 0;
  vine_group_add(&wg, goroutines);
  for (int i = 0; i < goroutines; i++)
    start(hammer_goroutine, (void *)(intptr_t)loops);
  for (int i = 0; i < threads; i++)
    CHECK_EQ(
        pthread_create(&t[i], NULL, hammer_thread, (void *)(intptr_t)loops), 0);
  vine_group_wait(&wg);
  for (int i = 0; i < threads; i++)
    CHECK_EQ(pthread_join(t[i], NULL), 0);
  CHECK_EQ(counter, (long)loops * (goroutines + threads));
  CHECK_EQ(mu.state, 0);
}

// Go's TestMutexFairness: one holds the lock nearly always; the other gets it
// ten times all the same. Go allows that ten seconds; here it is turns of the
// holder, which don't depend on how busy the machine is.
enum { FAIR_TURNS = 10000 };
static atomic_bool stop;
static long turns; // of the holder; guarded by mu

static void hog(void *arg) {
  while (!atomic_load(&stop)) {
    vine_mutex_lock(&mu);
    turns++;
    usleep(100);
    vine_mutex_unlock(&mu);
  }
  vine_group_done(&wg);
}

static void test_fairness(void) {
  vine_group_add(&wg, 1);
  start(hog, NULL);
  for (int i = 0; i < 10; i++) {
    usleep(100);
    vine_mutex_lock(&mu);
    vine_mutex_unlock(&mu);
  }
  atomic_store(&stop, true);
  vine_group_wait(&wg);
  CHECK(turns < FAIR_TURNS);
}

// The last user may free a mutex that others have just unlocked.
struct shared {
  vine_mutex m;
  int refs;
};

static void drop_ref(void *arg) {
  struct shared *s = arg;
  vine_mutex_lock(&s->m);
  int left = --s->refs;
  vine_mutex_unlock(&s->m);
  if (left == 0) {
    memset(s, 0xff, sizeof *s);
    free(s);
  }
  vine_group_done(&wg);
}

static void test_free_by_last(void) {
  for (int i = 0; i < rounds(2000, 100); i++) {
    struct shared *s = calloc(1, sizeof *s);
    s->refs = 4;
    vine_group_add(&wg, 4);
    for (int k = 0; k < 4; k++)
      start(drop_ref, s);
  }
  vine_group_wait(&wg);
}

static vine_once once;
static atomic_int calls;

static void init(void) {
  vine_yield();
  atomic_fetch_add(&calls, 1);
}

static void do_once(void *arg) {
  vine_once_do(&once, init);
  CHECK_EQ(atomic_load(&calls), 1);
  vine_group_done(&wg);
}

static void test_once(void) {
  vine_group_add(&wg, 10);
  for (int i = 0; i < 10; i++)
    start(do_once, NULL);
  vine_group_wait(&wg);
  CHECK_EQ(calls, 1);
}

int main(void) {
  test_mutex(10, 0);
  test_mutex(6, 4);
  test_fairness();
  test_free_by_last();
  test_once();
  return 0;
}
