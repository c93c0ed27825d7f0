// SPDX-License-Identifier: MIT
// Misuse ends the program with Go's words: after TestMutexMisuse
// (go/src/sync/mutex_test.go) and TestWaitGroupMisuse.
#include "sync.h"

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
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    die(argv[1]);
    return 0;
  }
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
  return 0;
}
