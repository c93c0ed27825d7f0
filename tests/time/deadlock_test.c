// SPDX-License-Identifier: MIT
// P9: the detection of deadlocks is there (Go issue 12734) and cries no wolf
// (Go issue 61454): a pending timer, a thread that isn't Vine's, a goroutine in
// foreign code may still wake somebody; a stopped timer may not. After Go's
// TestSimpleDeadlock (runtime/crash_test.go).
#include "when.h"

#include <pthread.h>

// Everything waits for something far in the future: alive.
static void alive(void) {
  vine_chan_t never = vine_chan_make(int, 0);
  int v;
  CHECK_EQ(vine_recv_until(never, &v, vine_now() + 300 * MS), -ETIMEDOUT);
  vine_sleep(300 * MS);
  vine_chan_t c = vine_after(300 * MS);
  vine_recv(c, int64_t);
  vine_chan_free(c);
  vine_chan_free(never);
}

// Long enough for several looks of the watchdog.
static void *send_late(void *c) {
  usleep(300000);
  vine_send((vine_chan_t)c, 7);
  return NULL;
}

static void alive_by_others(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, send_late, c), 0);
  CHECK_EQ(vine_recv(c, int), 7);
  CHECK_EQ(pthread_join(t, NULL), 0);
  vine_go(send_late(c)); // a goroutine in foreign code
  CHECK_EQ(vine_recv(c, int), 7);
  vine_chan_free(c);
}

static void block(void) {
  vine_chan_t never = vine_chan_make(int, 0);
  vine_recv(never, int);
}

static void dead_after_stop(void) {
  vine_timer_t t = vine_timer_new(VINE_HOUR);
  vine_sleep(MS); // somebody watches the timer
  vine_timer_stop(t);
  block();
}

static void dead_after_cancel(void) {
  vine_ctx_t c = vine_ctx_with_timeout(vine_ctx_background(), VINE_HOUR);
  vine_ctx_cancel(c);
  block();
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "stop"))
    dead_after_stop();
  else if (argc > 1)
    dead_after_cancel();
  alive();
  alive_by_others();
  CHECK_DIED(test_run_self("stop"), 2, "all goroutines are asleep - deadlock!");
  CHECK_DIED(test_run_self("cancel"), 2,
             "all goroutines are asleep - deadlock!");
  return 0;
}
