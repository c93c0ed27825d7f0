// SPDX-License-Identifier: MIT
// A library that knows nothing of goroutines. See sched.h.
#include "sched.h"

#include <pthread.h>

void foreign_sleep(int64_t ns) {
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  while (nanosleep(&t, &t) != 0)
    CHECK(errno == EINTR);
}

void foreign_spin(int64_t ns) {
  int64_t end = vine_now() + ns;
  while (vine_now() < end)
    ;
}

long double foreign_quotient(int a, int b, int64_t ns) {
  foreign_sleep(ns);
  return (long double)a / b;
}

static struct stop {
  int64_t ns;
  int *stop, *most;
} stop_at;

static void *stops(void *unused) {
  (void)unused;
  int64_t end = vine_now() + stop_at.ns;
  while (vine_now() < end) {
    int n = threads();
    if (*stop_at.most < n)
      *stop_at.most = n;
    foreign_sleep(MS);
  }
  SET(*stop_at.stop, 1);
  return NULL;
}

void foreign_stop_in(int64_t ns, int *stop, int *most) {
  pthread_t t;
  stop_at = (struct stop){ns, stop, most};
  CHECK_EQ(pthread_create(&t, NULL, stops, NULL), 0);
  CHECK_EQ(pthread_detach(t), 0);
}

void foreign_call(void (*fn)(void *), void *arg) { fn(arg); }

void foreign_exit(int status) { exit(status); }

void foreign_loop(void *arg) {
  struct foreign_loop l = *(struct foreign_loop *)arg;
  for (int i = 0; i < l.n; i++) {
    l.fn(l.arg);
    vine_yield();
  }
  vine_group_done(l.done);
}

void foreign_wait(sem_t *s) {
  while (sem_wait(s) != 0)
    CHECK(errno == EINTR);
}

// The thread's, whichever goroutine is on it; to ThreadSanitizer each goroutine
// is a thread of its own.
static __thread int mark;
__attribute__((no_sanitize("thread"))) int foreign_mark(int v) {
  int old = mark;
  if (v)
    mark = v;
  return old;
}
