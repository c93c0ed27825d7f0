// SPDX-License-Identifier: MIT
// Timers: go/src/time/sleep_test.go.
#include "when.h"

#include <stdatomic.h>

static int recv_pending(vine_chan_t c) {
  int64_t t;
  return vine_try_recv(c, &t) > 0;
}

// TestAfter: the value is the time it fired.
static void after(void) {
  int64_t begin = vine_now();
  vine_chan_t c = vine_after(10 * MS);
  int64_t t = vine_recv(c, int64_t);
  int64_t end = vine_now();
  CHECK(t - begin >= 10 * MS);
  CHECK(end >= t);
  CHECK(!recv_pending(c));
  vine_chan_free(c);
  vine_chan_free(vine_after(VINE_HOUR)); // before it fires
}

// TestAfterTick, TestAfterQueuing: deadlines decide, not the order of starts.
static void after_queuing(void) {
  enum { N = 6 };
  static const int slots[N] = {5, 3, 6, 1, 4, 2};
  vine_chan_t c[N];
  int64_t fired[N];
  for (int i = 0; i < N; i++)
    c[i] = vine_after(slots[i] * 5 * MS);
  for (int i = 0; i < N; i++) {
    fired[i] = vine_recv(c[i], int64_t);
    vine_chan_free(c[i]);
  }
  // Started one after the other and due 5 ms apart: with one P they fire in
  // order; the starts alone may be more than 5 ms apart on a slow machine.
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      if (slots[i] < slots[k] && i < k)
        CHECK(fired[i] <= fired[k] || vine_maxprocs() > 1);
}

static _Atomic int calls;
static vine_chan_t called;

static void count_call(void *arg) {
  (void)arg;
  if (atomic_fetch_add(&calls, 1) < 9)
    vine_after_func(0, count_call, NULL); // leaks, as the test may
  else
    vine_send(called, 1);
}

// TestAfterFunc: a function that starts the next one, ten times.
static void after_func(void) {
  called = vine_chan_make(int, 0);
  atomic_store(&calls, 0);
  vine_timer_t t = vine_after_func(0, count_call, NULL);
  CHECK(t->c == NULL);
  vine_recv(called, int);
  CHECK_EQ(atomic_load(&calls), 10);
  CHECK(!vine_timer_stop(t));
  vine_timer_free(t);
}

static void add_one(void *arg) { atomic_fetch_add((_Atomic int *)arg, 1); }

// TestAfterStop: a stopped function doesn't run; stopping twice says so.
static void after_stop(void) {
  static _Atomic int ran0, ran1;
  vine_timer_t t0 = vine_after_func(VINE_HOUR, add_one, &ran0);
  vine_timer_t t1 = vine_after_func(VINE_HOUR, add_one, &ran1);
  CHECK(vine_timer_stop(t0));
  CHECK(!vine_timer_stop(t0));
  CHECK(vine_timer_reset(t1, 0) == true);
  while (atomic_load(&ran1) == 0)
    vine_yield();
  CHECK(!vine_timer_stop(t1));
  CHECK_EQ(atomic_load(&ran0), 0);
  vine_timer_free(t0);
  vine_timer_free(t1);
}

static void add_and_done(void *arg) { vine_group_done(arg); }

// TestTimerStopStress: stop races with firing; each timer either fires or says
// that it was stopped, never both.
static void stop_stress(void) {
  enum { MAX = 500 };
  static vine_timer_t t[MAX];
  static vine_group wg[MAX];
  int n = rounds(MAX, 100);
  for (int i = 0; i < n; i++) {
    vine_group_add(&wg[i], 1);
    t[i] = vine_after_func(i % 50 * MS / 50, add_and_done, &wg[i]);
  }
  for (int i = 0; i < n; i++) {
    if (vine_timer_stop(t[i]))
      vine_group_done(&wg[i]); // fatal if fn ran as well
    vine_group_wait(&wg[i]);   // hangs if neither
    vine_timer_free(t[i]);
  }
  vine_sleep(2 * MS);
}

// TestResetStopped, TestReset: active or not, and when it fires.
static void reset(void) {
  vine_timer_t t = vine_timer_new(VINE_HOUR);
  CHECK(vine_timer_reset(t, 2 * VINE_HOUR));
  CHECK(vine_timer_stop(t));
  CHECK(!vine_timer_reset(t, VINE_HOUR));
  int64_t begin = vine_now();
  CHECK(vine_timer_reset(t, 5 * MS));
  CHECK(vine_recv(t->c, int64_t) - begin >= 5 * MS);
  CHECK(!vine_timer_reset(t, 0));
  vine_recv(t->c, int64_t);
  CHECK(!vine_timer_stop(t));
  vine_timer_free(t);
}

// TestChan (1.23): no stale value after stop or reset; both report a value
// that nobody received as stopped.
static void no_stale_values(void) {
  vine_timer_t t = vine_timer_new(0);
  while (vine_chan_len(t->c) == 0)
    vine_sleep(MS / 10);
  CHECK(vine_timer_stop(t));
  CHECK(!recv_pending(t->c));
  CHECK(!vine_timer_reset(t, 0));
  while (vine_chan_len(t->c) == 0)
    vine_sleep(MS / 10);
  CHECK(vine_timer_reset(t, VINE_HOUR));
  CHECK(!recv_pending(t->c));
  vine_timer_free(t);
}

struct resetter {
  vine_timer_t t;
  vine_group *wg;
};

static void reset_often(void *arg) {
  struct resetter *r = arg;
  for (int i = 0; i < 200; i++) {
    vine_timer_reset(r->t, i % 3 * (MS / 20));
    if (i % 7 == 0)
      vine_timer_stop(r->t);
    if (i % 16 == 0)
      vine_yield();
  }
  vine_group_done(r->wg);
}

// TestResetResult, TestStopResult: from several goroutines at once, with the
// timer firing all the time; at the end what reset promised holds.
static void reset_stress(void) {
  vine_timer_t t = vine_timer_new(0);
  vine_group wg = VINE_GROUP_INIT;
  static struct resetter r;
  r = (struct resetter){t, &wg};
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    start(reset_often, &r);
  vine_group_wait(&wg);
  vine_timer_reset(t, VINE_HOUR);
  CHECK(!recv_pending(t->c));
  CHECK(vine_timer_stop(t));
  vine_timer_free(t);
}

// TestOverflowSleep, TestOverflowPeriodicTimer: as far as the clock goes.
static void overflow(void) {
  vine_timer_t far = vine_timer_new(INT64_MAX);
  vine_timer_t near = vine_timer_new(INT64_MIN);
  vine_recv(near->c, int64_t);
  CHECK(!recv_pending(far->c));
  CHECK(vine_timer_stop(far));
  vine_timer_free(far);
  vine_timer_free(near);
}

// TestLongAdjustTimers, benchmarks' shape: a heap of 5,000, stopped in an
// order that takes them out of its middle.
static void stop_anywhere(void) {
  enum { MAX = 5000 };
  static vine_timer_t t[MAX];
  int n = rounds(MAX, 500);
  for (int i = 0; i < n; i++)
    t[i] = vine_timer_new(VINE_HOUR + i * 7919 % 5003 * MS);
  for (int i = 0; i < n; i++)
    CHECK(vine_timer_stop(t[i * 3989 % n]));
  for (int i = 0; i < n; i++)
    vine_timer_free(t[i]);
}

// TestTimerModifiedEarlier: an idle process hears of an earlier deadline.
static void modified_earlier(void) {
  for (int i = 0; i < 20; i++) {
    vine_timer_t late = vine_timer_new(VINE_HOUR);
    vine_timer_t t = vine_timer_new(VINE_HOUR);
    vine_sleep(MS / 2);
    vine_timer_reset(t, MS / 2);
    vine_recv(t->c, int64_t);
    vine_timer_free(t);
    vine_timer_free(late);
  }
}

// TestIssue5745's place: free of null does nothing.
static void free_null(void) {
  vine_timer_free(NULL);
  vine_ticker_free(NULL);
}

int main(void) {
  RUN(after);
  RUN(after_queuing);
  RUN(after_func);
  RUN(after_stop);
  RUN(stop_stress);
  RUN(reset);
  RUN(no_stale_values);
  RUN(reset_stress);
  RUN(overflow);
  RUN(stop_anywhere);
  RUN(modified_earlier);
  RUN(free_null);
  return 0;
}
