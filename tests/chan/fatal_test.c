// SPDX-License-Identifier: MIT
// Misuse ends the program with Go's words (checklist C; go/test/closechan.go).
#include "chan.h"

static int zero;

static void blocked_sender(void *c) { vine_send((vine_chan_t)c, 1); }

static void die(const char *how) {
  vine_chan_t c = vine_chan_make(int, 1);
  if (strcmp(how, "send closed") == 0) {
    vine_chan_close(c);
    vine_send(c, 1);
  } else if (strcmp(how, "try send closed") == 0) {
    vine_chan_close(c);
    vine_try_send(c, &zero);
  } else if (strcmp(how, "select send closed") == 0) {
    struct vine_select_case k[] = {vine_case_send(c, &zero)};
    vine_chan_close(c);
    vine_select(k, 1);
  } else if (strcmp(how, "close blocked send") == 0) {
    c = vine_chan_make(int, 0);
    start(blocked_sender, c);
    settle();
    vine_chan_close(c);
    vine_park(); // the sender ends the program, not main's return
  } else if (strcmp(how, "close closed") == 0) {
    vine_chan_close(c);
    vine_chan_close(c);
  } else if (strcmp(how, "close nil") == 0) {
    vine_chan_close(NULL);
  } else if (strcmp(how, "too large") == 0) {
    vine_chan_make(int, SIZE_MAX / 2);
  } else if (strcmp(how, "wrong size") == 0) {
    vine_try_send(c, &(long){1});
  } else if (strcmp(how, "wrong type") == 0) {
    vine_recv(c, float);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    die(argv[1]);
    return 0;
  }
  CHECK_DIED(test_run_self("send closed"), 2, "send on closed channel");
  CHECK_DIED(test_run_self("try send closed"), 2, "send on closed channel");
  CHECK_DIED(test_run_self("select send closed"), 2, "send on closed channel");
  CHECK_DIED(test_run_self("close blocked send"), 2, "send on closed channel");
  CHECK_DIED(test_run_self("close closed"), 2, "close of closed channel");
  CHECK_DIED(test_run_self("close nil"), 2, "close of nil channel");
  CHECK_DIED(test_run_self("too large"), 2, "makechan: size out of range");
  CHECK_DIED(test_run_self("wrong size"), 2, "element of 8 bytes");
  CHECK_DIED(test_run_self("wrong type"), 2, "a value of 4 bytes (real)");
  return 0;
}
