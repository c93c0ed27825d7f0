// SPDX-License-Identifier: MIT
// pthread_cleanup_push and _pop, pthread_exit and pthread_cancel, in goroutines
// and in plain threads: handlers run once, the last first, with their locals,
// on stacks that have grown and moved before.
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <threads.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))
#define MS VINE_MILLISECOND

static _Atomic long order, runs;

// Appends a digit to `order`. Grows the stack, as handlers may.
static NOINLINE int deep(int n) {
  volatile char pad[200];
  pad[n % 200] = (char)n;
  return n ? deep(n - 1) + pad[n % 200] : 0;
}

static void note(void *digit) {
  deep(300);
  order = order * 10 + *(int *)digit;
  runs++;
}

static void *ended_by(void *(*fn)(void *), void *arg) {
  pthread_t t;
  void *result;
  order = 0;
  CHECK(pthread_create(&t, NULL, fn, arg) == 0);
  CHECK(pthread_join(t, &result) == 0);
  return result;
}

// --- how it ends ---

// Three handlers, frames in between that move, and one that is popped.
static NOINLINE void nested(int depth, void (*end)(void *), void *arg) {
  int digit = depth;
  deep(500);
  pthread_cleanup_push(note, &digit);
  pthread_cleanup_push(note, NULL);
  deep(100 * depth);
  pthread_cleanup_pop(0);
  if (depth < 3)
    nested(depth + 1, end, arg);
  else
    end(arg);
  CHECK(!"comes back");
  pthread_cleanup_pop(0);
}

static void by_exit(void *value) { pthread_exit(value); }

static void by_thrd_exit(void *value) { thrd_exit((int)(intptr_t)value); }

static void by_testcancel(void *arg) {
  int old;
  (void)arg;
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) == 0);
  CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
  CHECK(pthread_cancel(pthread_self()) == 0);
  pthread_testcancel();
  deep(200);
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old) == 0);
  CHECK_EQ(old, PTHREAD_CANCEL_DISABLE);
  pthread_testcancel();
}

static _Atomic int is_ready;
static _Atomic pthread_t self;

static void tell_self(void) {
  self = pthread_self();
  is_ready = 1;
}

static void by_pause(void *arg) {
  (void)arg;
  tell_self();
  for (;;)
    pause();
}

static void by_read(void *arg) {
  int fd[2];
  char c;
  (void)arg;
  CHECK(pipe(fd) == 0);
  tell_self();
  CHECK(read(fd[0], &c, 1) < 0);
}

// Asynchronous: in instrumented code, on the goroutine's stack.
static void by_spinning(void *arg) {
  volatile unsigned long n = 0;
  int old;
  (void)arg;
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old) == 0);
  CHECK_EQ(old, PTHREAD_CANCEL_DEFERRED);
  tell_self();
  for (;;)
    n++;
}

static struct way {
  void (*end)(void *);
  int is_cancelled, by_others;
} ways[] = {{by_exit, 0, 0},  {by_thrd_exit, 0, 0}, {by_testcancel, 1, 0},
            {by_pause, 1, 1}, {by_read, 1, 1},      {by_spinning, 1, 1}};
#define WAYS ((int)(sizeof ways / sizeof ways[0]))

// --- in plain threads ---

static void *in_thread(void *way) {
  nested(1, ((struct way *)way)->end, (void *)7);
  return NULL;
}

static void *cancel_it(void *arg) {
  while (!is_ready)
    usleep(1000);
  usleep(2000);
  CHECK(pthread_cancel(self) == 0);
  return arg;
}

static void threads_end(void) {
  for (int i = 0; i < WAYS; i++) {
    pthread_t t;
    is_ready = 0;
    runs = 0;
    if (ways[i].by_others)
      CHECK(pthread_create(&t, NULL, cancel_it, NULL) == 0);
    void *result = ended_by(in_thread, &ways[i]);
    CHECK(result == (ways[i].is_cancelled ? PTHREAD_CANCELED : (void *)7));
    CHECK_EQ(order, 321);
    CHECK_EQ(runs, 3);
    if (ways[i].by_others)
      CHECK(pthread_join(t, NULL) == 0);
  }
}

// --- in goroutines ---

static void until_count(uint64_t n) {
  for (int i = 0; vine_goroutine_count() != n; i++) {
    CHECK(i < 5000);
    vine_sleep(2 * MS);
  }
}

static void in_goroutine(struct way *way) { nested(1, way->end, (void *)7); }

static void goroutines_end(void) {
  for (int i = 0; i < WAYS; i++) {
    is_ready = 0;
    runs = order = 0;
    vine_go(in_goroutine(&ways[i]));
    if (ways[i].by_others) {
      while (!is_ready)
        vine_sleep(MS);
      CHECK(pthread_cancel(self) == 0);
    }
    until_count(1);
    CHECK_EQ(order, 321);
    CHECK_EQ(runs, 3);
  }
}

static VINE_FOREIGN void fixed(void *arg) {
  pthread_cleanup_push(note, arg);
  pthread_exit(NULL);
  pthread_cleanup_pop(0);
}

static void fixed_ends(void) {
  static int digit = 4;
  order = 0;
  CHECK(vine_spawn(fixed, &digit) == 0);
  until_count(1);
  CHECK_EQ(order, 4);
}

// Handlers around waits: of many goroutines at once, each its own.
static vine_chan_t c;

static void waits(int id) {
  int digit = 1;
  pthread_cleanup_push(note, &digit);
  CHECK_EQ(vine_recv(c, int), 5);
  pthread_t before = pthread_self();
  deep(200);
  vine_yield();
  CHECK(pthread_equal(before, pthread_self()));
  if (id % 3 == 0)
    pthread_exit(NULL);
  pthread_cleanup_pop(id % 3 == 1);
}

#define MANY 30

static void many_wait(void) {
  runs = order = 0;
  c = vine_chan_make(int, 0);
  for (int i = 0; i < MANY; i++)
    vine_go(waits(i));
  for (int i = 0; i < MANY; i++)
    vine_send(c, 5);
  until_count(1);
  CHECK_EQ(runs, MANY / 3 * 2);
  vine_chan_free(c);
}

// A goroutine that ends takes nobody with it, and a thousand that do so leave
// no threads behind.
static void ends(int i) {
  if (i % 2)
    vine_yield();
  pthread_exit(NULL);
}

static void many_end(void) {
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 30; i++)
      vine_go(ends(i));
    until_count(1);
  }
}

// --- without an end ---

static NOINLINE int pushes(int n) {
  int digit = 1, sum = 0;
  pthread_cleanup_push(note, &digit);
  sum = n ? pushes(n - 1) + digit : 0;
  pthread_cleanup_pop(n == 5);
  return sum;
}

static void deferred(void) {
  int digit = 1, old;
  pthread_cleanup_push_defer_np(note, &digit);
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old) == 0);
  CHECK_EQ(old, PTHREAD_CANCEL_DEFERRED);
  pthread_cleanup_pop_restore_np(1);
}

static void nothing_ends(int rounds) {
  runs = order = 0;
  CHECK_EQ(pushes(6000), 6000);
  CHECK_EQ(runs, 1);
  for (int i = 0; i < rounds; i++)
    deferred();
  CHECK_EQ(runs, 1 + rounds);
}

static void *without_end(void *arg) {
  nothing_ends(10);
  return arg;
}

int main(void) {
  without_end(NULL);
  CHECK(ended_by(without_end, &c) == &c);
  threads_end();
  // The first thread can be left once only: it goes on.
  vine_lock_thread();
  goroutines_end();
  vine_unlock_thread();
  fixed_ends();
  many_wait();
  many_end();
  return 0;
}
