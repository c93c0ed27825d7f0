// SPDX-License-Identifier: MIT
// The function that a goroutine began with stands in its traceback: also when
// it, or what it called, ended in a tail call, and when it was inlined into
// vine_go's trampoline.
#include "crash.h"

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")

static _Atomic int here;

NOINLINE void parks_here(void) {
  here++;
  vine_park();
  BARRIER();
}

NOINLINE void between(void) { parks_here(); }

NOINLINE void spawned_left(void *arg) {
  (void)arg;
  between();
  BARRIER();
}

NOINLINE void calls_last(void *arg) { spawned_left(arg); }

NOINLINE void only_parks(void *arg) {
  (void)arg;
  here++;
  vine_park();
}

NOINLINE void with_words(int n) {
  if (n)
    between();
}

NOINLINE void with_block(double d, long n) {
  if (d == 1.5 && n)
    between();
}

static void is_inlined(double d) {
  if (d == 2.5)
    parks_here();
  BARRIER();
}

static void fails(void) {
  vine_spawn(calls_last, NULL);
  vine_spawn(only_parks, NULL);
  vine_go(with_words(1));
  vine_go(with_block(1.5, 1));
  vine_go(is_inlined(2.5));
  while (here < 5)
    vine_yield();
  vine_chan_close(NULL);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    fails();
    return 99;
  }
  struct test_child *c = test_run_self("fails");
  static const char *const last[] = {"calls_last", "only_parks", "with_words",
                                     "with_block", "is_inlined", "main"};
  CHECK_EQ(c->status, EXIT_FATAL);
  for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
    char want[200]; // as the last of its goroutine
    snprintf(want, sizeof want,
             "\n\t%s(\\+0x[0-9a-f]+)?(\n\ngoroutine|\n[^\n]?$)", last[i]);
    if (!crash_matches(c->err, want))
      TEST_FAIL("%s:\n%s", last[i], c->err);
  }
  CHECK_EQ(crash_count(c->err, "parks_here+0x"), 4);
  CHECK(!crash_matches(c->err, "tramp|vine__"));
  free(c);
  return 0;
}
