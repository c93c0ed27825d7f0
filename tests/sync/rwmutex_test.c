// SPDX-License-Identifier: MIT
// After Go's TestParallelReaders, TestRWMutex and TestRWMutexTryLock
// (go/src/sync/rwmutex_test.go).
#include "sync.h"

static vine_rwmutex rw;
static vine_group wg;
static atomic_int activity; // readers, or 10000 for a writer

struct readers {
  vine_chan_t locked, go_on, done;
};

static void parallel_reader(void *arg) {
  struct readers *r = arg;
  vine_rwmutex_rlock(&rw);
  vine_send(r->locked, true);
  vine_recv(r->go_on, bool);
  vine_rwmutex_runlock(&rw);
  vine_send(r->done, true);
}

static void test_parallel_readers(int n) {
  static struct readers r;
  r = (struct readers){vine_chan_make(bool, 0), vine_chan_make(bool, 0),
                       vine_chan_make(bool, 0)};
  for (int i = 0; i < n; i++)
    start(parallel_reader, &r);
  for (int i = 0; i < n; i++)
    vine_recv(r.locked, bool);
  for (int i = 0; i < n; i++)
    vine_send(r.go_on, true);
  for (int i = 0; i < n; i++)
    vine_recv(r.done, bool);
}

static void reader(void *loops) {
  for (int i = 0; i < (int)(intptr_t)loops; i++) {
    if (i % 5 != 0)
      vine_rwmutex_rlock(&rw);
    else if (!vine_rwmutex_try_rlock(&rw))
      continue;
    int n = atomic_fetch_add(&activity, 1) + 1;
    CHECK(n >= 1 && n < 10000);
    if (i % 3 == 0)
      vine_yield();
    atomic_fetch_sub(&activity, 1);
    vine_rwmutex_runlock(&rw);
  }
  vine_group_done(&wg);
}

static void writer(void *loops) {
  for (int i = 0; i < (int)(intptr_t)loops; i++) {
    if (i % 5 != 0)
      vine_rwmutex_lock(&rw);
    else if (!vine_rwmutex_try_lock(&rw))
      continue;
    CHECK_EQ(atomic_fetch_add(&activity, 10000), 0);
    if (i % 3 == 0)
      vine_yield();
    atomic_fetch_sub(&activity, 10000);
    vine_rwmutex_unlock(&rw);
  }
  vine_group_done(&wg);
}

static void *reader_thread(void *loops) {
  reader(loops);
  return NULL;
}

static void *writer_thread(void *loops) {
  writer(loops);
  return NULL;
}

// Go's HammerRWMutex, with a thread of each kind.
static void test_hammer(int readers) {
  void *loops = (void *)(intptr_t)rounds(1000, 100);
  pthread_t t[2];
  vine_group_add(&wg, readers + 4);
  start(writer, loops);
  for (int i = 0; i < readers; i++) {
    start(reader, loops);
    if (i == readers / 2)
      start(writer, loops);
  }
  CHECK_EQ(pthread_create(&t[0], NULL, reader_thread, loops), 0);
  CHECK_EQ(pthread_create(&t[1], NULL, writer_thread, loops), 0);
  vine_group_wait(&wg);
  pthread_join(t[0], NULL);
  pthread_join(t[1], NULL);
  CHECK_EQ(rw.readers, 0);
}

static void test_try_lock(void) {
  CHECK(vine_rwmutex_try_lock(&rw));
  CHECK(!vine_rwmutex_try_lock(&rw));
  CHECK(!vine_rwmutex_try_rlock(&rw));
  vine_rwmutex_unlock(&rw);
  CHECK(vine_rwmutex_try_rlock(&rw));
  CHECK(vine_rwmutex_try_rlock(&rw));
  CHECK(!vine_rwmutex_try_lock(&rw));
  vine_rwmutex_runlock(&rw);
  vine_rwmutex_runlock(&rw);
}

int main(void) {
  for (int n = 1; n <= 4; n++)
    test_parallel_readers(n);
  for (int n = 1; n <= 10; n += 3)
    test_hammer(n);
  test_try_lock();
  return 0;
}
