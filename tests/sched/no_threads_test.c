// SPDX-License-Identifier: MIT
// R: pthread_create fails with EAGAIN. Some failures pass unnoticed, and so
// do any number while threads come back in time; else the program ends with a
// message that says what to raise. (Go: newosproc and retryOnEAGAIN.)
#include "sched.h"

extern int fail_creates, creates_failed; // no_threads.c

static vine_group wg;

static void child(void) {
  foreign_sleep(5 * MS);
  vine_group_done(&wg);
}

static void children(int n) {
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(child());
  vine_group_wait(&wg);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    sem_t never;
    sem_init(&never, 0, 0);
    SET(fail_creates, 1 << 30);
    for (int i = 0; i < 10; i++)
      vine_go(foreign_wait(&never));
    for (;;) // as long as there is a thread to run them
      children(1);
  }
  SET(fail_creates, 5);
  // On a loaded machine the watchdog may come too late to want a thread.
  while (GET(creates_failed) < 5)
    children(20);
  CHECK_DIED(test_run_self("dies"), 2, "failed to create a thread (have ");
  CHECK_DIED(test_run_self("dies"), 2, "ulimit -u");
  CHECK_DIED(test_run_self("dies"), 2, "fatal error: can't create a thread");
  return 0;
}
