// SPDX-License-Identifier: MIT
// Plain pthreads that run instrumented code: no growth, no checks, a side
// stack of their own that is freed with the thread; they call the API, share
// locals with goroutines, and take part in callbacks. S5, design section 3.
#include "foreign.h"
#include "stack.h"

#include <pthread.h>

enum { THREADS = 8 };

static NOINLINE int side_user(int n, int *up) {
  int here[40];
  here[n % 40] = n;
  int r = n == 0 ? 0 : side_user(n - 1, &here[n % 40]);
  CHECK(here[n % 40] == n && *up >= n);
  return r + 1;
}

static void spawned(void *arg) {
  struct in_goroutine *in = arg;
  grow_stack(50);
  ++*(int *)in->arg;
  vine_group_done(&in->done);
}

// A goroutine writes to a local of the thread, which waits for it.
static void with_goroutine(void) {
  int local = 0;
  struct in_goroutine in = {VINE_GROUP_INIT, NULL, &local};
  vine_group_add(&in.done, 1);
  CHECK(vine_spawn(spawned, &in) == 0);
  vine_group_wait(&in.done);
  CHECK(local == 1);
}

static long callback(void *arg, long v) {
  int up = 1000;
  CHECK(side_user((int)v, &up) == v + 1);
  vine_yield();
  ++*(long *)arg;
  return v;
}

static void *thread(void *arg) {
  struct vine_stack_info info;
  long calls = 0;
  int up = 1000;
  CHECK(vine_goid() == 0 && vine_self().g == NULL);
  vine_stack_info(&info);
  CHECK(info.size_bytes == 0 && info.lo == NULL);
  CHECK(deeper(1000, NULL, NULL) == 1000);
  for (int i = 0; i < 20; i++) {
    CHECK(side_user(300, &up) == 301);
    with_goroutine();
    vine_yield();
    CHECK(foreign_call(callback, &calls, i) == i + 1);
  }
  CHECK(calls == 20);
  return arg;
}

static void run_threads(void *arg) {
  pthread_t t[THREADS];
  void *r;
  (void)arg;
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&t[i], NULL, thread, &t[i]) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(t[i], &r) == 0 && r == &t[i]);
}

// Started with &local, from a goroutine that keeps moving.
static void *adder(void *arg) {
  for (int i = 0; i < 1000; i++)
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
  return NULL;
}

static void local_of_goroutine(void *arg) {
  int local = 0;
  pthread_t t;
  (void)arg;
  CHECK(pthread_create(&t, NULL, adder, &local) == 0);
  for (int i = 0; i < 50; i++)
    grow_stack(i);
  CHECK(pthread_join(t, NULL) == 0 && local == 1000);
}

int main(void) {
  run_threads(NULL);
  run_in_goroutine(run_threads, NULL);
  run_in_goroutines(4, local_of_goroutine, NULL);
  return 0;
}
