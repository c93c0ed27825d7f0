// SPDX-License-Identifier: MIT
// Timers and the detection of deadlocks: a pending timer may wake somebody, a
// stopped one may not (Go: TestSimpleDeadlock, issues 12734 and 61454).
#include "when.h"

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
  CHECK_DIED(test_run_self("stop"), 2, "all goroutines are asleep - deadlock!");
  CHECK_DIED(test_run_self("cancel"), 2,
             "all goroutines are asleep - deadlock!");
  return 0;
}
