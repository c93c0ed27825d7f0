// SPDX-License-Identifier: MIT
// Under a limit of address space (ulimit -v) reservations are small, so that
// many goroutines get one; a stack that outgrows its reservation moves to a
// larger one.
#include "stack.h"

#include <sys/resource.h>

// The C library's share: a thread has a stack, and an arena once it has called
// malloc, which pthread_create does.
#define LIMIT_BYTES (500ull << 20)
#define THREAD_BYTES (72ull << 20)
#define GOROUTINES 20
#define DEPTH 20000    // more than 1 MiB
#define DEEPEST 300000 // more than the largest first reservation

static vine_chan_t go_on;
static vine_group up = VINE_GROUP_INIT, done = VINE_GROUP_INIT;

static NOINLINE long deep(long n) {
  volatile long here[5] = {n};
  if (n == 0)
    return 0;
  long r = deep(n - 1) + 1;
  CHECK(here[0] == n);
  return r;
}

static NOINLINE long deep_then_wait(long n) {
  volatile long here[5] = {n};
  if (n == 0) {
    vine_group_done(&up);
    vine_recv(go_on, int);
    return 0;
  }
  long r = deep_then_wait(n - 1) + 1;
  CHECK(here[0] == n);
  return r;
}

static void run(void) {
  CHECK_EQ(deep_then_wait(DEPTH), DEPTH);
  vine_group_done(&done);
}

int main(void) {
  rlim_t bytes = LIMIT_BYTES;
  if (vine_maxprocs() > 2)
    bytes += (rlim_t)vine_maxprocs() * THREAD_BYTES;
  struct rlimit r = {bytes, bytes};
  CHECK(setrlimit(RLIMIT_AS, &r) == 0);
  go_on = vine_chan_make(int, 0);
  vine_group_add(&up, GOROUTINES);
  vine_group_add(&done, GOROUTINES);
  for (int i = 0; i < GOROUTINES; i++)
    vine_go(run());
  vine_group_wait(&up);
  char *p = malloc(32 << 20); // others get some, too
  CHECK(p);
  free(p);
  vine_chan_close(go_on);
  vine_group_wait(&done);
  CHECK_EQ(deep(DEEPEST), DEEPEST);
  return 0;
}
