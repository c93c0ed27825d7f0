// SPDX-License-Identifier: MIT
// vine_sleep: go/src/time/sleep_test.go, go/src/runtime/time_test.go.
#include "when.h"

#include <pthread.h>
#include <stdatomic.h>

// TestSleep: never early.
static void never_early(void) {
  for (int i = 0; i < 20; i++) {
    int64_t t = vine_now();
    vine_sleep(i * MS / 4);
    CHECK(vine_now() - t >= i * MS / 4);
  }
}

// TestSleepZeroDeadlock, TestNegativeOrZero...: they return at once; also when
// everything else is idle.
static void zero_and_less(void) {
  for (int i = 0; i < 1000; i++) {
    vine_sleep(0);
    vine_sleep(-1);
    vine_sleep(INT64_MIN);
    vine_sleep_until(0);
    vine_sleep_until(vine_now());
  }
}

struct sleeper {
  int64_t ns;
  int64_t slept;
  vine_group *wg;
};

static void sleep_one(void *arg) {
  struct sleeper *s = arg;
  int64_t t = vine_now();
  vine_sleep(s->ns);
  s->slept = vine_now() - t;
  vine_group_done(s->wg);
}

// Many deadlines at once, in an order that exercises the heap.
static void many(void) {
  enum { MAX = 20000 };
  static struct sleeper s[MAX];
  vine_group wg = VINE_GROUP_INIT;
  int n = rounds(MAX, 1000);
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++) {
    s[i] = (struct sleeper){(int64_t)(i * 7919 % 100003) * 1000, 0, &wg};
    start(sleep_one, &s[i]);
  }
  vine_group_wait(&wg);
  for (int i = 0; i < n; i++)
    CHECK(s[i].slept >= s[i].ns);
}

static vine_chan_t order;
struct later {
  int64_t deadline;
  int id;
};

static void report_at(void *arg) {
  struct later *l = arg;
  vine_sleep_until(l->deadline);
  vine_send(order, l->id);
}

// TestAfterStress's cousin: goroutines on one P wake in order of deadlines.
static void in_order(void) {
  enum { N = 50 };
  static struct later l[N];
  order = vine_chan_make(int, N);
  int64_t t = vine_now() + 30 * MS;
  for (int i = 0; i < N; i++) {
    int k = i * 37 % N;
    l[k] = (struct later){t + k * MS, k};
    start(report_at, &l[k]);
  }
  int seen = 0, last = -1;
  for (; seen < N; seen++) {
    int k = vine_recv(order, int);
    if (vine_maxprocs() == 1 && !getenv("VINEDEBUG"))
      CHECK(k > last);
    last = k;
  }
  vine_chan_free(order);
}

static _Atomic int stop;

static __attribute__((noinline)) void burn_a_little(void) {
  for (volatile int i = 0; i < 1000; i++)
    ;
}

static void burn(void *arg) {
  vine_group *wg = arg;
  while (!atomic_load(&stop))
    burn_a_little();
  vine_group_done(wg);
}

// TestTimerFairness (proc_test.go): sleepers get their turn beside goroutines
// that never block, on every P.
static void beside_hogs(void) {
  vine_group wg = VINE_GROUP_INIT;
  int n = vine_maxprocs();
  atomic_store(&stop, 0);
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    start(burn, &wg);
  for (int i = 0; i < 5; i++)
    vine_sleep(MS);
  atomic_store(&stop, 1);
  vine_group_wait(&wg);
}

static void yield_on(void *arg) {
  vine_group *wg = arg;
  while (!atomic_load(&stop))
    vine_yield();
  vine_group_done(wg);
}

// TestTimerFairness2: beside goroutines that are always runnable.
static void beside_yielders(void) {
  vine_group wg = VINE_GROUP_INIT;
  int n = 2 * vine_maxprocs();
  atomic_store(&stop, 0);
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    start(yield_on, &wg);
  for (int i = 0; i < 20; i++)
    vine_sleep(MS / 4);
  atomic_store(&stop, 1);
  vine_group_wait(&wg);
}

static void *plain_thread(void *arg) {
  for (int i = 0; i < 5; i++) {
    int64_t t = vine_now();
    vine_sleep(MS);
    CHECK(vine_now() - t >= MS);
  }
  vine_group_done(arg);
  return NULL;
}

static void on_plain_thread(void) {
  vine_group wg = VINE_GROUP_INIT;
  pthread_t t;
  vine_group_add(&wg, 1);
  CHECK_EQ(pthread_create(&t, NULL, plain_thread, &wg), 0);
  vine_group_wait(&wg);
  pthread_join(t, NULL);
}

static int deep(int n) {
  volatile char pad[512];
  pad[0] = (char)n;
  if (n == 0) {
    vine_sleep(MS);
    return pad[0];
  }
  return deep(n - 1) + (pad[0] != (char)n);
}

// S4: the stack is deep, moved and hibernated while it sleeps.
static void with_deep_stack(void) {
  for (int i = 1; i <= 256; i *= 4)
    CHECK_EQ(deep(i), 0);
}

int main(void) {
  RUN(never_early);
  RUN(zero_and_less);
  RUN(many);
  RUN(in_order);
  RUN(beside_hogs);
  RUN(beside_yielders);
  RUN(on_plain_thread);
  RUN(with_deep_stack);
  return 0;
}
