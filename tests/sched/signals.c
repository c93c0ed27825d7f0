// SPDX-License-Identifier: MIT
// Compiled by plain clang: what the threads' own records say.
#include "signals_test.h"

#include "../../runtime/sched/sched.h" // sched.h is this folder's

#include <pthread.h>

bool others_block_signals(void) {
  struct m *self = vine__getm();
  struct m *m = load_acquire(&vine__sched.all_m);
  for (; m; m = m->all_next)
    if (m != self && m->guard_addr && !load_acquire(&m->signals_blocked))
      return false;
  return true;
}

static void *get_mask(void *set) {
  pthread_sigmask(SIG_SETMASK, NULL, set);
  return NULL;
}

void mask_of_new_thread(sigset_t *set) {
  pthread_t t;
  if (pthread_create(&t, NULL, get_mask, set) == 0)
    pthread_join(t, NULL);
}
