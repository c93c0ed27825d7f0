// SPDX-License-Identifier: MIT
// R: the number of processors changes while goroutines are spawned, stolen,
// preempted, asleep, in foreign calls, on fixed stacks; from goroutines and
// plain threads at once. After Go's GOMAXPROCS calls all over proc_test.go,
// and TestGomaxprocs (1,024 processors: TestStopTheWorldDeadlock).
#include "sched.h"

#include <pthread.h>

static const int sizes[] = {1, 2, 1, 8, 3, 1024, 1, 64, 2, 16, 1, 5};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static vine_group wg;
static int stop;

// --- arguments ---

static void asking(void) {
  int n = vine_maxprocs();
  CHECK_EQ(vine_set_maxprocs(0), n);
  CHECK_EQ(vine_set_maxprocs(-7), n);
  CHECK_EQ(vine_set_maxprocs(1025), -EINVAL);
  CHECK_EQ(vine_set_maxprocs(INT32_MAX), -EINVAL);
  CHECK_EQ(vine_maxprocs(), n);
  for (int i = 0; i < SIZES; i++) {
    CHECK_EQ(vine_set_maxprocs(sizes[i]), n);
    n = sizes[i];
    CHECK_EQ(vine_maxprocs(), n);
  }
}

// --- work that is under way meanwhile ---

static int deep(int n) {
  volatile char here[32];
  here[n % 32] = (char)n;
  return n == 0 ? 0 : deep(n - 1) + (here[n % 32] == (char)n);
}

static void leaf(void) {
  CHECK_EQ(deep(20), 20);
  vine_group_done(&wg);
}

static void spawner(void) {
  while (!GET(stop)) {
    vine_group_add(&wg, 20);
    for (int i = 0; i < 20; i++)
      vine_go(leaf());
    vine_yield();
  }
  vine_group_done(&wg);
}

static void sleeper(void) {
  while (!GET(stop)) {
    int64_t t = vine_now() + MS / 2;
    vine_sleep(MS / 2);
    CHECK(vine_now() >= t);
  }
  vine_group_done(&wg);
}

static void computing(void) {
  volatile uint64_t x = 0;
  while (!GET(stop)) {
    for (int i = 0; i < 100000; i++)
      x += i;
    vine_yield();
  }
  vine_group_done(&wg);
}

static void abroad(void) {
  while (!GET(stop)) {
    foreign_sleep(MS / 10);
    foreign_spin(MS / 20);
  }
  vine_group_done(&wg);
}

static void echo(vine_chan_t in, vine_chan_t out) {
  int v;
  while (vine_recv_ok(in, &v))
    vine_send(out, v + 1);
  vine_group_done(&wg);
}

static void player(void) {
  vine_chan_t a = vine_chan_make(int, 0), b = vine_chan_make(int, 1);
  vine_group_add(&wg, 1);
  vine_go(echo(a, b));
  for (int i = 0; !GET(stop); i++) {
    vine_send(a, i);
    CHECK_EQ(vine_recv(b, int), i + 1);
    if (i % 8 == 0) // else the two share a time slice
      vine_yield();
  }
  vine_chan_close(a);
  vine_group_done(&wg);
}

static void fires(void *arg) { ADD(*(int *)arg, 1); }

static void resetter(void) {
  int fired = 0, stopped = 0, started = 0;
  while (!GET(stop)) {
    vine_timer_t t = vine_after_func(MS / 5, fires, &fired);
    started++;
    vine_sleep(started % 3 * MS / 10);
    stopped += vine_timer_stop(t);
    vine_timer_free(t);
  }
  while (GET(fired) + stopped < started)
    vine_sleep(MS);
  CHECK_EQ(fired + stopped, started);
  vine_group_done(&wg);
}

static void nothing(void *arg) { (void)arg; }

static void fixed(void) {
  vine_group done = VINE_GROUP_INIT;
  struct foreign_loop l = {nothing, NULL, 20, &done};
  while (!GET(stop)) {
    vine_group_add(&done, 1);
    CHECK(vine_spawn(foreign_loop, &l) == 0);
    vine_group_wait(&done);
  }
  vine_group_done(&wg);
}

static void locked(void) {
  vine_lock_thread();
  pthread_t me = pthread_self();
  while (!GET(stop)) {
    vine_sleep(MS / 3);
    CHECK(pthread_equal(me, pthread_self()));
  }
  vine_unlock_thread();
  vine_group_done(&wg);
}

static void changer(int k) {
  for (int i = 0; i < 2; i++) {
    CHECK(vine_set_maxprocs(sizes[(i + k) % SIZES]) > 0);
    vine_yield();
  }
  vine_group_done(&wg);
}

static void *thread(void *arg) {
  for (int i = 0; i < SIZES / 2; i++)
    CHECK(vine_set_maxprocs(sizes[SIZES - 1 - i]) > 0);
  return arg;
}

static void under_load(void) {
  void (*const work[])(void) = {spawner,  sleeper, computing, abroad, player,
                                resetter, fixed,   locked,    sleeper};
  enum { WORK = sizeof work / sizeof work[0] };
  pthread_t t;
  vine_group_add(&wg, WORK);
  for (int i = 0; i < WORK; i++)
    vine_go(work[i]());
  for (int i = 0; i < SIZES; i++) {
    CHECK(vine_set_maxprocs(sizes[i]) > 0);
    vine_yield();
  }
  CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
  vine_group_add(&wg, 4);
  for (int i = 0; i < 4; i++)
    vine_go(changer(i));
  CHECK(pthread_join(t, NULL) == 0);
  vine_sleep(5 * MS);
  SET(stop, 1);
  vine_group_wait(&wg);
  settle(1);
}

// Goroutines that are asked to give way, and never do of themselves.
static void hog(void) {
  volatile uint64_t x = 0;
  while (!GET(stop))
    x++;
  vine_group_done(&wg);
}

static void beside_hogs(void) {
  stop = 0;
  vine_set_maxprocs(4);
  vine_group_add(&wg, 3);
  for (int i = 0; i < 3; i++)
    vine_go(hog());
  CHECK_EQ(vine_set_maxprocs(2), 4);
  CHECK_EQ(vine_set_maxprocs(4), 2);
  SET(stop, 1);
  vine_group_wait(&wg);
  settle(1);
}

// --- with one processor nobody runs beside another ---

static volatile int inside;
static void alone(void) {
  for (int i = 0; i < 5000; i++) {
    int was = inside; // no call, no end of a loop: can't be preempted
    inside = 1;
    inside = 0;
    CHECK_EQ(was, 0);
  }
  vine_group_done(&wg);
}

static void one_at_a_time(void) {
  if (TEST_FIXED) // may lose the processor anywhere, as in a foreign call
    return;
  for (int i = 0; i < 5; i++) {
    vine_set_maxprocs(8);
    vine_group_add(&wg, 8);
    CHECK_EQ(vine_set_maxprocs(1), 8);
    for (int k = 0; k < 8; k++)
      vine_go(alone());
    vine_group_wait(&wg);
  }
  settle(1);
}

// --- what waits in a heap of a processor that goes away ---

static int woken;
static void sleeps(void) {
  vine_sleep(30 * MS);
  ADD(woken, 1);
  vine_group_done(&wg);
}

static void timers_of_the_vanished(void) {
  vine_timer_t t[8];
  int fired = 0;
  vine_set_maxprocs(8);
  woken = 0;
  vine_group_add(&wg, 64);
  for (int i = 0; i < 64; i++)
    vine_go(sleeps());
  for (int i = 0; i < 8; i++)
    t[i] = vine_after_func(i % 2 ? VINE_HOUR : 20 * MS, fires, &fired);
  vine_sleep(5 * MS);
  vine_set_maxprocs(1);
  volatile uint64_t x = 0;
  while (GET(woken) < 64) // the one processor is never idle
    x++;
  vine_group_wait(&wg);
  while (GET(fired) < 4)
    vine_yield();
  for (int i = 0; i < 8; i++) {
    CHECK_EQ(vine_timer_stop(t[i]), i % 2);
    vine_timer_free(t[i]);
  }
  settle(1);
}

// Counters, after the Ps that counted are gone.
static void counting(void) {
  struct vine_stack_stats a, b;
  vine_set_maxprocs(8);
  vine_group_add(&wg, 100);
  for (int i = 0; i < 100; i++)
    vine_go(leaf());
  vine_group_wait(&wg);
  settle(1);
  vine_stack_stats(&a);
  vine_set_maxprocs(1);
  CHECK_EQ(vine_goroutine_count(), 1);
  vine_stack_stats(&b);
  CHECK(b.grows >= a.grows && b.moves >= a.moves);
  CHECK_EQ(b.goroutines, 1);
}

int main(void) {
  int n = vine_maxprocs();
  asking();
  under_load();
  beside_hogs();
  one_at_a_time();
  timers_of_the_vanished();
  counting();
  CHECK_EQ(vine_set_maxprocs(n), 1);
  return 0;
}
