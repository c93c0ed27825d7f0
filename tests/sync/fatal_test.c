// SPDX-License-Identifier: MIT
// Misuse ends the program with Go's words: after TestMutexMisuse
// (go/src/sync/mutex_test.go) and TestWaitGroupMisuse.
#include "sync.h"

static void die_sem(const char *how) {
  static vine_sem s = VINE_SEM_INIT(1), below = VINE_SEM_INIT(-1);
  if (strcmp(how, "Sem.Acquire(max)") == 0)
    vine_sem_acquire(&s, INT64_MAX);
  else if (strcmp(how, "Sem.Acquire(-1)") == 0)
    vine_sem_acquire(&s, -1);
  else if (strcmp(how, "Sem.TryAcquire(min)") == 0)
    vine_sem_try_acquire(&s, INT64_MIN);
  else if (strcmp(how, "Sem.AcquireUntil(-1)") == 0)
    vine_sem_acquire_until(&s, -1, 0);
  else if (strcmp(how, "Sem.Release(-1)") == 0)
    vine_sem_release(&s, -1);
  else if (strcmp(how, "Sem.Release(min)") == 0)
    vine_sem_release(&s, INT64_MIN);
  else if (strcmp(how, "Sem.Release(max)") == 0)
    vine_sem_release(&s, VINE_SEM_MAX);
  else if (strcmp(how, "Sem.Below") == 0)
    vine_sem_acquire(&below, 1);
}

// As many as there can be, and none, are right.
static void numbers_at_the_limits(void) {
  vine_sem s = VINE_SEM_INIT(0);
  vine_sem_release(&s, VINE_SEM_MAX);
  CHECK(vine_sem_try_acquire(&s, VINE_SEM_MAX));
  CHECK(vine_sem_try_acquire(&s, 0));
  CHECK(!vine_sem_try_acquire(&s, VINE_SEM_MAX));
  vine_sem_release(&s, 0);
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, VINE_GROUP_MAX);
  vine_group_add(&wg, -VINE_GROUP_MAX);
  vine_group_wait(&wg);
}

static void die(const char *how) {
  static vine_mutex m;
  static vine_rwmutex rw;
  static vine_group wg;
  if (strcmp(how, "Mutex.Unlock") == 0) {
    vine_mutex_unlock(&m);
  } else if (strcmp(how, "Mutex.Unlock2") == 0) {
    vine_mutex_lock(&m);
    vine_mutex_unlock(&m);
    vine_mutex_unlock(&m);
  } else if (strcmp(how, "RWMutex.Unlock") == 0) {
    vine_rwmutex_unlock(&rw);
  } else if (strcmp(how, "RWMutex.Unlock2") == 0) {
    vine_rwmutex_rlock(&rw);
    vine_rwmutex_unlock(&rw);
  } else if (strcmp(how, "RWMutex.RUnlock") == 0) {
    vine_rwmutex_runlock(&rw);
  } else if (strcmp(how, "RWMutex.RUnlock2") == 0) {
    vine_rwmutex_lock(&rw);
    vine_rwmutex_runlock(&rw);
  } else if (strcmp(how, "WaitGroup.Done") == 0) {
    vine_group_add(&wg, 1);
    vine_group_done(&wg);
    vine_group_done(&wg);
  } else if (strcmp(how, "WaitGroup.Min") == 0) {
    vine_group_add(&wg, INT64_MIN);
  } else if (strcmp(how, "WaitGroup.Max") == 0) {
    vine_group_add(&wg, VINE_GROUP_MAX);
    vine_group_add(&wg, 1);
  } else if (strcmp(how, "WaitGroup.Max2") == 0) {
    vine_group_add(&wg, INT64_MAX);
  } else {
    die_sem(how);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    die(argv[1]);
    return 0;
  }
  numbers_at_the_limits();
  const char *mutex = "fatal error: sync: unlock of unlocked mutex";
  const char *write = "fatal error: sync: Unlock of unlocked RWMutex";
  const char *read = "fatal error: sync: RUnlock of unlocked RWMutex";
  CHECK_DIED(test_run_self("Mutex.Unlock"), 2, mutex);
  CHECK_DIED(test_run_self("Mutex.Unlock2"), 2, mutex);
  CHECK_DIED(test_run_self("RWMutex.Unlock"), 2, write);
  CHECK_DIED(test_run_self("RWMutex.Unlock2"), 2, write);
  CHECK_DIED(test_run_self("RWMutex.RUnlock"), 2, read);
  CHECK_DIED(test_run_self("RWMutex.RUnlock2"), 2, read);
  CHECK_DIED(test_run_self("WaitGroup.Done"), 2,
             "fatal error: sync: negative WaitGroup counter");
  CHECK_DIED(test_run_self("WaitGroup.Min"), 2,
             "fatal error: sync: negative WaitGroup counter");
  const char *group = "fatal error: sync: WaitGroup counter out of range";
  CHECK_DIED(test_run_self("WaitGroup.Max"), 2, group);
  CHECK_DIED(test_run_self("WaitGroup.Max2"), 2, group);
  static const char *const sems[] = {
      "Sem.Acquire(max)", "Sem.Acquire(-1)",     "Sem.TryAcquire(min)",
      "Sem.Release(-1)",  "Sem.Release(min)",    "Sem.Release(max)",
      "Sem.Below",        "Sem.AcquireUntil(-1)"};
  for (size_t i = 0; i < sizeof sems / sizeof sems[0]; i++)
    CHECK_DIED(test_run_self(sems[i]), 2,
               "fatal error: sync: semaphore count out of range");
  return 0;
}
