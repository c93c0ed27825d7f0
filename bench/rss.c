// SPDX-License-Identifier: MIT
// How much memory does a goroutine take that only waits? COUNT of them wait in
// a group. "rss" is bytes of RSS per goroutine, "hibernated" the same after
// they have all hibernated, which other peers can't.

#include "bench.h"

#include <unistd.h>
#include <vine.h>

static vine_group gate, done;
static volatile int64_t started;

static void waiter(void) {
  __atomic_fetch_add(&started, 1, __ATOMIC_RELAXED);
  vine_group_wait(&gate);
  vine_group_done(&done);
}

static void hibernate_all(int64_t n) {
  struct vine_stack_stats s = {0};
  vine_stack_set_idle(-1, 50);
  for (int i = 0; i < 600 && s.hibernated < (uint64_t)n; i++) {
    usleep(20000);
    vine_stack_stats(&s);
  }
}

int main(int argc, char **argv) {
  int64_t n = bench_count(argc, argv, 2);
  int64_t before = bench_rss();
  vine_stack_set_idle(-1, 3600 * 1000);
  vine_group_add(&gate, 1);
  vine_group_add(&done, n);
  for (int64_t i = 0; i < n; i++)
    vine_go(waiter());
  while (started < n)
    usleep(1000);
  usleep(100000);
  if (!strcmp(argv[1], "hibernated"))
    hibernate_all(n);
  bench_report(argv[1], bench_rss() - before, n);
  vine_group_done(&gate);
  vine_group_wait(&done);
  return 0;
}
