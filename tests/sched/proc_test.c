// SPDX-License-Identifier: MIT
// R: progress of yield, parallelism, fairness, preemption, queues and
// stealing; after Go's proc_test.go, test by test as named below. P7:
// preemption interrupts no system call. P10: the guard of every thread that
// runs goroutines can be poisoned, also of those that plain threads caused.
#include "sched.h"

#include <pthread.h>

static vine_group wg;
static int stop;

// TestYieldProgress, TestYieldLockedProgress.
static void yields(int locked) {
  if (locked)
    vine_lock_thread();
  while (!GET(stop))
    vine_yield();
  vine_group_done(&wg);
}

static void yield_progress(int locked) {
  stop = 0;
  vine_group_add(&wg, 1);
  vine_go(yields(locked));
  for (int i = 0; i < 100; i++)
    vine_yield();
  SET(stop, 1);
  vine_group_wait(&wg);
}

// TestGoroutineParallelism: P goroutines that only advance if all of them run.
static uint32_t turn;
static void parallel(int p, int n, int all) {
  for (int i = 0; i < n; i++) {
    uint32_t want = (uint32_t)(all * i + p);
    while (GET(turn) != want)
      ;
    SET(turn, want + 1);
  }
  vine_group_done(&wg);
}

static void parallelism(void) {
  int was = vine_set_maxprocs(4);
  for (int round = 0; round < 3; round++) {
    turn = 0;
    vine_group_add(&wg, 4);
    for (int p = 0; p < 4; p++)
      vine_go(parallel(p, 3, 4));
    vine_group_wait(&wg);
  }
  vine_set_maxprocs(was);
}

// TestTimerFairness, TestTimerFairness2: a timer fires beside busy goroutines.
static void pingpong(vine_chan_t a, vine_chan_t b) {
  int v;
  while (vine_recv_ok(a, &v))
    vine_send(b, v);
  vine_group_done(&wg);
}

static void busy(void) {
  volatile uint64_t x = 0;
  while (!GET(stop))
    x++;
  vine_group_done(&wg);
}

static void timer_fairness(void) {
  stop = 0;
  vine_group_add(&wg, 2);
  vine_go(busy());
  vine_go(busy());
  for (int i = 0; i < 3; i++) {
    vine_chan_t t = vine_after(2 * MS);
    vine_recv(t, int64_t);
    vine_chan_free(t);
  }
  SET(stop, 1);
  vine_group_wait(&wg);
}

// TestPreemption: two goroutines that wait for each other in loops.
static uint32_t ball;
static void bats(uint32_t me, int n) {
  for (int i = 0; i < n; i++) {
    while (GET(ball) % 2 != me)
      ;
    ADD(ball, 1);
  }
  vine_group_done(&wg);
}

static void preemption(void) {
  ball = 0;
  vine_group_add(&wg, 2);
  vine_go(bats(0, 5));
  vine_go(bats(1, 5));
  vine_group_wait(&wg);
  CHECK_EQ(ball, 10);
}

// TestPingPongHog: the two that ping-pong share a time slice, and so beside a
// hog they get about half of the time. Counted, not timed: turns of the hog's
// loop against messages would depend on the machine; so, that both go on, and
// that the hog's turn doesn't come after as many switches as make the scheduler
// look at the global queue.
static uint64_t hog_turns;
static void hog(void) {
  while (!GET(stop))
    ADD(hog_turns, 1);
  vine_group_done(&wg);
}

static void ping_pong_hog(void) {
  int was = vine_set_maxprocs(1);
  vine_chan_t a = vine_chan_make(int, 0), b = vine_chan_make(int, 0);
  stop = 0;
  hog_turns = 0;
  vine_group_add(&wg, 2);
  vine_go(hog());
  vine_go(pingpong(a, b));
  uint64_t seen = 0, rounds = 0, longest = 0;
  int gaps = 0; // how often the hog had a turn in between
  const char *debug = getenv("VINEDEBUG");
  uint64_t want = debug && strstr(debug, "seed") ? 0 : 200; // random order
  while (gaps < 5 || longest < want) {
    vine_send(a, 1);
    CHECK_EQ(vine_recv(b, int), 1);
    rounds++;
    uint64_t now = GET(hog_turns);
    if (now != seen) {
      gaps++;
      rounds = 0;
    }
    longest = rounds > longest ? rounds : longest;
    seen = now;
  }
  SET(stop, 1);
  vine_chan_close(a);
  vine_group_wait(&wg);
  vine_set_maxprocs(was);
}

// TestRunqFull (TestLocalQueue): more than a local queue holds, in order with
// one processor; nothing is lost.
static int order, in_order;
static void takes_number(int i) {
  ADD(in_order, i == ADD(order, 1) - 1);
  vine_group_done(&wg);
}

static void queue_many(int n) {
  order = in_order = 0;
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(takes_number(i));
  vine_group_wait(&wg);
  CHECK_EQ(order, n);
}

// The last one started is the next to run, the others first in, first out.
// Whoever is preempted, as any may be on a busy machine, goes to the end; so
// one round in order is enough: queues that aren't would never have one.
static void is_in_order(int n) {
  if (TEST_FIXED || strstr(getenv("VINEDEBUG") ?: "", "seed")) // shuffles
    return;
  for (int round = 0; in_order != 0 && in_order != n; round++) {
    CHECK(round < 1000);
    queue_many(n);
  }
}

static void local_queue(int n) {
  int was = vine_set_maxprocs(1);
  queue_many(n);
  if (n <= 256)
    is_in_order(n);
  vine_set_maxprocs(was);
}

// TestStealing (TestLocalQueueSteal, TestSchedLocalQueueEmpty): what one
// processor queues while it is busy is run by others.
static int stolen;
static void is_stolen(void) { ADD(stolen, 1); }

static void stealing(void) {
  int was = vine_set_maxprocs(4);
  for (int round = 1; round <= 20; round++) {
    stolen = 0;
    for (int i = 0; i < round; i++)
      vine_go(is_stolen());
    while (GET(stolen) < round) // computes: this processor runs none of them
      ;
  }
  settle(1);
  vine_set_maxprocs(was);
}

// TestNumGoroutine.
static void counting(void) {
  settle(1);
  vine_group_add(&wg, 50);
  stop = 0;
  for (int i = 0; i < 50; i++)
    vine_go(yields(0));
  CHECK_EQ(vine_goroutine_count(), 51);
  SET(stop, 1);
  vine_group_wait(&wg);
  settle(1);
}

// P7: while others are preempted, a sleeping system call ends in its time, not
// with EINTR.
static void *restless(void *arg) {
  struct timespec t = {0, 30 * 1000 * 1000};
  *(int *)arg = nanosleep(&t, NULL) == 0 ? 0 : errno;
  return NULL;
}

static void call(int *err) {
  restless(err);
  vine_group_done(&wg);
}

static void no_eintr(void) {
  int err[3] = {-1, -1, -1};
  pthread_t t;
  stop = 0;
  vine_group_add(&wg, 4);
  vine_go(busy());
  vine_go(busy());
  CHECK(pthread_create(&t, NULL, restless, &err[0]) == 0);
  vine_go(call(&err[1]));
  vine_go(call(&err[2]));
  CHECK(pthread_join(t, NULL) == 0);
  SET(stop, 1);
  vine_group_wait(&wg);
  for (int i = 0; i < 3; i++)
    CHECK_EQ(err[i], 0);
}

// P10: every processor's thread is new, and each must let its hog go.
static void *starts_hogs(void *arg) {
  for (int i = 0; i < vine_maxprocs(); i++)
    vine_go(busy());
  return arg;
}

static void all_are_preempted(void) {
  pthread_t t;
  stop = 0;
  vine_group_add(&wg, vine_maxprocs());
  CHECK(pthread_create(&t, NULL, starts_hogs, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  for (int i = 0; i < 3; i++)
    CHECK(vine_set_maxprocs(vine_maxprocs() == 4 ? 2 : 4) > 0);
  vine_sleep(20 * MS);
  SET(stop, 1);
  vine_group_wait(&wg);
}

int main(void) {
  int procs = vine_maxprocs();
  yield_progress(0);
  yield_progress(1);
  parallelism();
  timer_fairness();
  preemption();
  ping_pong_hog();
  local_queue(100);
  local_queue(1000);
  stealing();
  counting();
  no_eintr();
  all_are_preempted();
  vine_set_maxprocs(procs);
  settle(1);
  return 0;
}
