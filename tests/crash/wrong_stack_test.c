// SPDX-License-Identifier: MIT
// S9: growth asked for where there is no growable stack aborts loudly: on a
// plain thread, in a signal handler. The test poisons the guard itself, which
// is zero there otherwise.
#include "crash.h"
#include "vine_abi.h"

#include <pthread.h>
#include <signal.h>

enum { ABORTED = 128 + 6 };

static __attribute__((noinline)) int frame(int n) {
  char a[300];
  __asm__ volatile("" : "+m"(a));
  return a[n];
}

static void trap(void) {
  __asm__ volatile("movq %0, %%fs:%c1"
                   :
                   : "i"(VINE_GUARD_FOREIGN), "i"(VINE_TCB_GUARD)
                   : "memory");
  frame(3);
}

static void *thread(void *arg) {
  trap();
  return arg;
}

static void on_thread(void) {
  pthread_t t;
  pthread_create(&t, NULL, thread, NULL);
  pthread_join(t, NULL);
}

static void handler(int sig) {
  (void)sig;
  trap();
}

static void in_handler(void) {
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
}

static const struct crash_case cases[] = {
    {"thread", on_thread, ABORTED, "^vine: fatal: stack check on a "},
    {"handler", in_handler, ABORTED, "^vine: fatal: stack check on a "},
};

CRASH_MAIN(cases)
