// SPDX-License-Identifier: MIT
// I4, S8: address space that runs out. A stack that can't grow ends the program
// with one message; vine_spawn_with returns -ENOMEM, and what runs already goes
// on.
#include "crash.h"

#include <errno.h>
#include <sys/resource.h>

static volatile int never = -1;

// No more address space than is used now, and some megabytes.
static void limit_space(rlim_t megabytes) {
  unsigned long pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%lu", &pages) == 1);
  fclose(f);
  rlim_t bytes = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (megabytes << 20);
  CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0);
}

static __attribute__((noinline)) int endless(int n) {
  if (n == never)
    return 0;
  volatile int v = n;
  int r = endless(n + 1);
  __asm__ volatile("" : "+r"(r));
  return r + v;
}

// Above 256 KiB a stack is a reservation: there is no room for one.
static void no_growth(void) {
  limit_space(0);
  endless(0);
}

static vine_group hold = VINE_GROUP_INIT, ended = VINE_GROUP_INIT;

VINE_FOREIGN static void waits(void *arg) {
  (void)arg;
  vine_group_wait(&hold);
  vine_group_done(&ended);
}

// 1 GB of address space for each stack, until there is no more. What was
// started must still run to its end.
static void spawn_fixed(void) {
  struct vine_spawn_options o = {sizeof o, .stack = 1 << 30};
  int n = 0, err;
  limit_space(5000);
  vine_group_add(&hold, 1);
  do {
    vine_group_add(&ended, 1);
    err = vine_spawn_with(&o, waits, NULL);
  } while (!err && ++n < 100);
  vine_group_done(&ended);
  vine_group_done(&hold);
  vine_group_wait(&ended);
  exit(err == -ENOMEM && n > 0 ? 33 : 34);
}

static const struct crash_case cases[] = {
    {"grow", no_growth, EXIT_FATAL,
     "^fatal error: out of memory: growing the stack of goroutine 1 from "
     "[0-9]+ to [0-9]+ bytes$"},
    {"fixed", spawn_fixed, 33, ""},
};

CRASH_MAIN(cases)
