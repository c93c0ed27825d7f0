// SPDX-License-Identifier: MIT
// After golang.org/x/sync: TestWeighted, TestWeightedTryAcquire and
// TestLargeAcquireDoesntStarve (semaphore_test.go), TestZeroGroup and
// TestGoLimit (errgroup_test.go); and Go's TestWaitGroup (sync).
#include "sync.h"

static vine_sem sem;
static vine_group wg;
static atomic_int in_use;

enum { MAX = 5 };

static void use(int id) {
  for (int i = 0; i < rounds(500, 50); i++) {
    int n = (id + i) % MAX + 1;
    vine_sem_acquire(&sem, n);
    CHECK(atomic_fetch_add(&in_use, n) + n <= MAX);
    vine_yield();
    atomic_fetch_sub(&in_use, n);
    vine_sem_release(&sem, n);
  }
}

static void use_goroutine(void *id) {
  use((int)(intptr_t)id);
  vine_group_done(&wg);
}

static void *use_thread(void *id) {
  use((int)(intptr_t)id);
  return NULL;
}

static void test_weighted(void) {
  sem = (vine_sem)VINE_SEM_INIT(MAX);
  pthread_t t[2];
  vine_group_add(&wg, 8);
  for (int i = 0; i < 8; i++)
    start(use_goroutine, (void *)(intptr_t)i);
  for (int i = 0; i < 2; i++)
    pthread_create(&t[i], NULL, use_thread, (void *)(intptr_t)i);
  vine_group_wait(&wg);
  for (int i = 0; i < 2; i++)
    pthread_join(t[i], NULL);
  CHECK_EQ(sem.state, 2 * MAX);
}

static void test_try(void) {
  sem = (vine_sem)VINE_SEM_INIT(2);
  vine_sem_acquire(&sem, 1);
  CHECK(vine_sem_try_acquire(&sem, 1));
  CHECK(!vine_sem_try_acquire(&sem, 1));
  CHECK_EQ(vine_sem_acquire_until(&sem, 1, now_ns() + 2000000), -ETIMEDOUT);
  CHECK_EQ(vine_sem_acquire_until(&sem, 1, 0), -ETIMEDOUT);
  vine_sem_release(&sem, 2);
  CHECK(vine_sem_try_acquire(&sem, 2));
  CHECK_EQ(sem.state, 0);
}

static atomic_bool large_done;

static void small(void *arg) {
  while (!atomic_load(&large_done)) {
    vine_sem_acquire(&sem, 1);
    vine_yield();
    vine_sem_release(&sem, 1);
  }
  vine_group_done(&wg);
}

// Small requests don't starve a large one.
static void test_large(void) {
  sem = (vine_sem)VINE_SEM_INIT(MAX);
  vine_group_add(&wg, MAX);
  for (int i = 0; i < MAX; i++)
    start(small, NULL);
  vine_yield();
  vine_sem_acquire(&sem, MAX);
  atomic_store(&large_done, true);
  vine_sem_release(&sem, MAX);
  vine_group_wait(&wg);
}

// A large request in front times out: the small one behind it goes on.
static void behind(void *arg) {
  int64_t far = now_ns() + 60000000000ll; // long after the other's
  CHECK_EQ(vine_sem_acquire_until(&sem, 1, far), 0);
  vine_group_done(&wg);
}

static void large_timeout(void *arg) {
  CHECK_EQ(vine_sem_acquire_until(&sem, MAX, now_ns() + 20000000), -ETIMEDOUT);
  vine_group_done(&wg);
}

static void test_front_times_out(void) {
  sem = (vine_sem)VINE_SEM_INIT(1);
  vine_group_add(&wg, 2);
  start(large_timeout, NULL);
  usleep(2000);
  start(behind, NULL);
  vine_group_wait(&wg);
  CHECK_EQ(sem.state, 0);
}

// --- group ---

static void done_and_wait(void *arg) {
  vine_group *g = arg;
  vine_group_done(&g[0]);
  vine_group_wait(&g[1]);
  vine_group_done(&wg);
}

static void test_group(void) {
  enum { N = 16 };
  static vine_group g[2];
  for (int round = 0; round < 8; round++) {
    vine_group_add(&g[0], N);
    vine_group_add(&g[1], 1);
    vine_group_add(&wg, N);
    for (int i = 0; i < N; i++)
      start(done_and_wait, g);
    vine_group_wait(&g[0]);
    CHECK_EQ(vine_group_wait_until(&wg, now_ns() + 100000), -ETIMEDOUT);
    vine_group_done(&g[1]);
    vine_group_wait(&wg);
    CHECK_EQ(wg.state | g[0].state | g[1].state, 0);
  }
}

// --- tasks ---

static atomic_int active, cancelled;

static int fail_or_not(void *err) {
  CHECK(atomic_fetch_add(&active, 1) < 4);
  vine_yield();
  atomic_fetch_sub(&active, 1);
  return (int)(intptr_t)err;
}

static void cancel(void *arg, int err) {
  CHECK(arg == &active && err == 7);
  atomic_fetch_add(&cancelled, 1);
}

static void test_tasks(void) {
  vine_tasks none = VINE_TASKS_INIT, some = VINE_TASKS_INIT;
  vine_tasks_set_limit(&none, 4);
  for (int i = 0; i < 20; i++)
    CHECK_EQ(vine_tasks_go(&none, fail_or_not, (void *)0), 0);
  CHECK_EQ(vine_tasks_wait(&none), 0);
  vine_tasks_set_limit(&some, 4);
  vine_tasks_on_error(&some, cancel, &active);
  for (int i = 0; i < 20; i++)
    CHECK_EQ(
        vine_tasks_go(&some, fail_or_not, (void *)(intptr_t)(i > 9 ? 7 : 0)),
        0);
  CHECK_EQ(vine_tasks_wait(&some), 7);
  CHECK_EQ(vine_tasks_error(&some), 7);
  CHECK_EQ(cancelled, 1);
}

int main(void) {
  test_weighted();
  test_try();
  test_large();
  test_front_times_out();
  test_group();
  test_tasks();
  return 0;
}
