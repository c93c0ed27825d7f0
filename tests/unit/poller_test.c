// SPDX-License-Identifier: MIT
// The system's poller, as os/poller.h has it: what ends a wait.
#include "os/poller.h"
#include "unit.h"

#include <poll.h>

static struct vine__os_poller p;

static int look(struct vine__os_event *e) {
  return vine__os_poller_wait(&p, e, 1, 0);
}

static int sleep_there(struct vine__os_event *e) {
  return vine__os_poller_wait(&p, e, 1, -1);
}

// Before, and many at once are one.
static void wakes(void) {
  struct vine__os_event e;
  vine__os_poller_wake(&p);
  CHECK(sleep_there(&e) == 0);
  vine__os_poller_wake(&p);
  vine__os_poller_wake(&p);
  CHECK(sleep_there(&e) == 0);
  CHECK(vine__os_poller_wait(&p, &e, 1, 1000) == 0);
}

// Who looks takes the events, but not a wake-up: that is for who sleeps.
static void looks(void) {
  struct vine__os_event e;
  int fds[2];
  CHECK(pipe(fds) == 0);
  CHECK(vine__os_poller_watch(&p, fds[0], POLLIN, 42) == 0);
  CHECK(look(&e) == 0);
  vine__os_poller_wake(&p);
  for (int i = 0; i < 3; i++)
    CHECK(look(&e) == 0);
  CHECK(sleep_there(&e) == 0);
  vine__os_poller_wake(&p);
  CHECK(write(fds[1], "x", 1) == 1);
  while (look(&e) == 0) // the wake-up may be first
    ;
  CHECK(e.key == 42 && e.events == POLLIN);
  CHECK(look(&e) == 0); // an edge
  CHECK(sleep_there(&e) == 0);
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  CHECK(vine__os_poller_open(&p) == 0);
  wakes();
  looks();
  vine__os_poller_close(&p);
  return 0;
}
