// SPDX-License-Identifier: MIT
// Durations beside deadlines, mutexes with a deadline, barriers, and tasks that
// are joined. Nothing here depends on how long something takes: a duration has
// passed when the call begins, or never does.
#include "sync.h"

#include <pthread.h>

#define SHORT 1000 // ns
#define LONG INT64_MAX
enum { PARTIES = 5, ROUNDS = 200, LOCKERS = 8, LOCKS = 500 };

static void test_channels(void) {
  vine_chan_t c = vine_chan_make(int, 1);
  int v = 7;
  CHECK_EQ(vine_recv_for(c, &v, SHORT), -ETIMEDOUT);
  CHECK_EQ(vine_recv_for(c, &v, -1), -ETIMEDOUT);
  CHECK_EQ(vine_recv_for(c, &v, INT64_MIN), -ETIMEDOUT);
  CHECK_EQ(vine_send_for(c, &v, LONG), 1);
  CHECK_EQ(vine_send_for(c, &v, SHORT), -ETIMEDOUT);
  CHECK_EQ(vine_recv_for(c, &v, -1), 1); // what can be done at once, is
  struct vine_select_case k[] = {vine_case_recv(c, &v)};
  CHECK_EQ(vine_select_for(k, 1, SHORT), -ETIMEDOUT);
  vine_send(c, 8);
  CHECK_EQ(vine_select_for(k, 1, LONG), 0);
  CHECK_EQ(v, 8);
  vine_chan_free(c);
}

static void test_locks(void) {
  vine_mutex m = VINE_MUTEX_INIT;
  vine_cond c = VINE_COND_INIT;
  vine_sem s = VINE_SEM_INIT(1);
  vine_group g = VINE_GROUP_INIT;
  CHECK_EQ(vine_mutex_lock_for(&m, SHORT), 0);
  CHECK_EQ(vine_mutex_lock_for(&m, SHORT), -ETIMEDOUT);
  CHECK_EQ(vine_mutex_lock_until(&m, 0), -ETIMEDOUT);
  CHECK_EQ(vine_cond_wait_for(&c, &m, SHORT), -ETIMEDOUT);
  CHECK(!vine_mutex_try_lock(&m));
  vine_mutex_unlock(&m);
  CHECK_EQ(vine_mutex_lock_for(&m, LONG), 0);
  vine_mutex_unlock(&m);
  CHECK_EQ(vine_sem_acquire_for(&s, 1, LONG), 0);
  CHECK_EQ(vine_sem_acquire_for(&s, 1, SHORT), -ETIMEDOUT);
  CHECK_EQ(vine_group_wait_for(&g, SHORT), 0);
  vine_group_add(&g, 1);
  CHECK_EQ(vine_group_wait_for(&g, SHORT), -ETIMEDOUT);
}

// --- a mutex that some give up on ---

static vine_mutex mutex;
static long locked_count; // guarded by mutex
static _Atomic long locks;

static void *lock_often(void *arg) {
  unsigned seed = (unsigned)(uintptr_t)arg;
  for (int i = 0; i < LOCKS; i++) {
    seed = seed * 1103515245 + 12345;
    int64_t ns = (seed >> 16) % 3 ? (seed >> 18) % 20000 : LONG;
    if (vine_mutex_lock_for(&mutex, ns) != 0)
      continue;
    locks++;
    long before = locked_count;
    if (i % 4 == 0)
      vine_yield();
    locked_count = before + 1;
    vine_mutex_unlock(&mutex);
  }
  return NULL;
}

static void test_mutex(void) {
  vine_task tasks[LOCKERS];
  pthread_t threads[2];
  locked_count = 0;
  locks = 0;
  for (uintptr_t i = 0; i < LOCKERS; i++)
    CHECK_EQ(vine_task_start(&tasks[i], lock_often, (void *)i), 0);
  for (uintptr_t i = 0; i < 2; i++)
    CHECK(pthread_create(&threads[i], NULL, lock_often, (void *)(99 + i)) == 0);
  for (int i = 0; i < LOCKERS; i++)
    vine_task_join(&tasks[i]);
  for (int i = 0; i < 2; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK_EQ(locked_count, locks);
  CHECK(locks >= 1);
  CHECK(vine_mutex_try_lock(&mutex)); // nothing of those is left
  vine_mutex_unlock(&mutex);
}

// --- barrier ---

static vine_barrier barrier = VINE_BARRIER_INIT(PARTIES);
static _Atomic int arrived, lasts;

static void *meets(void *arg) {
  for (int i = 1; i <= ROUNDS; i++) {
    arrived++;
    lasts += vine_barrier_wait(&barrier);
    CHECK(arrived >= i * PARTIES); // nobody goes on before all have come
    vine_barrier_wait(&barrier);
    CHECK(arrived <= (i + 1) * PARTIES);
  }
  return arg;
}

static void test_barrier(void) {
  vine_task tasks[PARTIES - 1];
  pthread_t thread;
  arrived = lasts = 0;
  for (uintptr_t i = 0; i < PARTIES - 1; i++)
    CHECK_EQ(vine_task_start(&tasks[i], meets, (void *)i), 0);
  CHECK(pthread_create(&thread, NULL, meets, NULL) == 0);
  for (uintptr_t i = 0; i < PARTIES - 1; i++)
    CHECK(vine_task_join(&tasks[i]) == (void *)i);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK_EQ(lasts, ROUNDS);
}

// --- tasks ---

static void *waits_for(void *c) {
  vine_recv((vine_chan_t)c, bool);
  return c;
}

static void test_join(void) {
  vine_chan_t c = vine_chan_make(bool, 0);
  vine_task t;
  void *result = NULL;
  CHECK_EQ(vine_task_start(&t, waits_for, c), 0);
  CHECK_EQ(vine_task_join_for(&t, &result, SHORT), -ETIMEDOUT);
  CHECK(result == NULL);
  vine_send(c, true);
  CHECK_EQ(vine_task_join_for(&t, &result, LONG), 0);
  CHECK(result == c && vine_task_join(&t) == c);
  CHECK_EQ(vine_task_join_until(&t, NULL, 0), 0);
  vine_chan_free(c);
}

static int waits_too(void *c) {
  vine_recv((vine_chan_t)c, bool);
  return 0;
}

static void test_try_go(void) {
  vine_chan_t c = vine_chan_make(bool, 0);
  vine_tasks t = VINE_TASKS_INIT;
  vine_tasks_set_limit(&t, 2);
  CHECK_EQ(vine_tasks_try_go(&t, waits_too, c), 0);
  CHECK_EQ(vine_tasks_try_go(&t, waits_too, c), 0);
  CHECK_EQ(vine_tasks_try_go(&t, waits_too, c), -EAGAIN);
  vine_send(c, true);
  CHECK_EQ(vine_tasks_go(&t, waits_too, c), 0); // waits until one has ended
  vine_chan_close(c);
  CHECK_EQ(vine_tasks_wait(&t), 0);
  vine_tasks free_of_it = VINE_TASKS_INIT;
  vine_tasks_set_limit(&free_of_it, -1);
  CHECK_EQ(vine_tasks_try_go(&free_of_it, waits_too, c), 0);
  CHECK_EQ(vine_tasks_wait(&free_of_it), 0);
  vine_chan_free(c);
}

static void *timeouts_on_thread(void *arg) {
  test_channels();
  test_locks();
  return arg;
}

int main(void) {
  pthread_t t;
  test_channels();
  test_locks();
  CHECK(pthread_create(&t, NULL, timeouts_on_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  test_mutex();
  test_barrier();
  test_join();
  test_try_go();
  return 0;
}
