// SPDX-License-Identifier: MIT
// Channels, select and locks on plain threads alone. Runs under
// ThreadSanitizer too, which knows threads but not goroutines: every order
// that these rely on is the one that the code asks for.
#include "unit.h"

#include <vine.h>

#include <errno.h>

enum { N = 2000, THREADS = UNIT_THREADS };

static int64_t soon_ns(int64_t ns) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec + ns;
}

static void run(void *(*f)(void *)) {
  pthread_t t[THREADS];
  for (intptr_t i = 0; i < THREADS; i++)
    CHECK(pthread_create(&t[i], NULL, f, (void *)i) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(t[i], NULL) == 0);
}

// --- channels: what a sender wrote before is seen by the receiver ---

struct message {
  int number;
  int *data; // written before the send, read after the receive
};
static vine_chan_t small, large, quit;
static vine_group senders;

static void chan_send(int i) {
  int *data = malloc(sizeof *data);
  *data = i;
  struct message m = {i, data};
  struct vine_select_case k[] = {vine_case_send(large, &m),
                                 vine_case_send(small, &data)};
  switch (i % 4) {
  case 0:
    vine_send(small, data);
    break;
  case 1:
    vine_send(large, m);
    break;
  case 2:
    vine_select(k, 2);
    break;
  default:
    while (vine_send_until(small, &data, soon_ns(20000)) != 1)
      ;
  }
}

static bool chan_recv(int i) {
  int *data;
  struct message m;
  struct vine_select_case k[] = {vine_case_recv(small, &data),
                                 vine_case_recv(large, &m),
                                 vine_case_recv(quit, (char *)NULL)};
  int which =
      i % 2 ? vine_select(k, 3) : vine_select_until(k, 3, soon_ns(30000));
  if (which == -ETIMEDOUT)
    return true;
  if (which == 1) {
    CHECK(*m.data == m.number);
    data = m.data;
  }
  if (which != 2)
    free(data);
  return which != 2;
}

static void *chan_main(void *arg) {
  intptr_t id = (intptr_t)arg;
  if (id % 2 == 0) {
    for (int i = 0; i < N; i++)
      chan_send(i);
    vine_group_done(&senders);
    return NULL;
  }
  if (id == 1) {
    vine_group_wait(&senders);
    while (vine_chan_len(small) + vine_chan_len(large) > 0)
      chan_recv(0);
    vine_chan_close(quit);
    return NULL;
  }
  for (int i = 0; chan_recv(i); i++)
    ;
  return NULL;
}

static void test_chan(int cap) {
  small = vine_chan_make(int *, cap);
  large = vine_chan_make(struct message, cap);
  quit = vine_chan_make(char, 0);
  vine_group_add(&senders, THREADS / 2);
  run(chan_main);
  vine_chan_free(small);
  vine_chan_free(large);
  vine_chan_free(quit);
}

// --- locks around plain data ---

static vine_mutex mutex;
static vine_rwmutex rw;
static vine_cond cond;
static vine_sem sem = VINE_SEM_INIT(1);
static vine_once once;
static long counter, versions[2], turn, initialised;

static void init(void) { initialised = 1; }

static void *lock_main(void *arg) {
  intptr_t id = (intptr_t)arg;
  vine_once_do(&once, init);
  CHECK(initialised == 1);
  for (int i = 0; i < N; i++) {
    vine_mutex_lock(&mutex);
    counter++;
    vine_mutex_unlock(&mutex);
    if (vine_sem_acquire_until(&sem, 1, soon_ns(1000000)) == 0) {
      turn++;
      vine_sem_release(&sem, 1);
    }
    if (i % 8 == id) {
      vine_rwmutex_lock(&rw);
      versions[0]++;
      versions[1]++;
      vine_rwmutex_unlock(&rw);
    } else {
      vine_rwmutex_rlock(&rw);
      CHECK(versions[0] == versions[1]);
      vine_rwmutex_runlock(&rw);
    }
  }
  return NULL;
}

static void *turn_main(void *arg) {
  for (int i = 0; i < N / 10; i++) {
    vine_mutex_lock(&mutex);
    while (turn % THREADS != (intptr_t)arg)
      if (i % 2)
        vine_cond_wait(&cond, &mutex);
      else
        vine_cond_wait_until(&cond, &mutex, soon_ns(50000));
    turn++;
    vine_cond_broadcast(&cond);
    vine_mutex_unlock(&mutex);
  }
  return NULL;
}

int main(void) {
  test_chan(0);
  test_chan(3);
  run(lock_main);
  CHECK(counter == (long)N * THREADS);
  turn = 0;
  run(turn_main);
  CHECK(turn == (long)N / 10 * THREADS);
  return 0;
}
