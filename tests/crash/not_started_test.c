// SPDX-License-Identifier: MIT
// A program whose main vinecc did not compile: calls before vine_init and
// after vine_shutdown. Issue 3, "Bad input".
#include "crash.h"

#include <pthread.h>

static void nothing(void *arg) { (void)arg; }

static void before_init(void) { vine_spawn(nothing, NULL); }

static void spawn_with_before(void) {
  struct vine_spawn_options o = {sizeof o, 0, 0};
  vine_spawn_with(&o, nothing, NULL);
}

void go_nothing(void); // in not_started_main.c

static void go_after_shutdown(void) {
  CHECK(vine_init() == 0);
  vine_shutdown();
  go_nothing();
}

static void timer_before(void) { vine_timer_new(VINE_SECOND); }

static void after_shutdown(void) {
  CHECK(vine_init() == 0);
  vine_shutdown();
  vine_spawn(nothing, NULL);
}

static void park_plain(void) {
  CHECK(vine_init() == 0);
  vine_park();
}

static void exit_plain(void) { vine_exit(); }

// What is harmless: no fatal message.
static void harmless(void) {
  vine_shutdown();
  vine_yield();
  CHECK(vine_goid() == 0 && vine_goroutine_count() == 0);
  CHECK(vine_init() == 0 && vine_init() == 0);
  CHECK(vine_goid() == 0 && vine_maxprocs() > 0);
  vine_shutdown();
  vine_shutdown();
  exit(33);
}

static const struct crash_case cases[] = {
    {"before", before_init, EXIT_FATAL,
     "^fatal error: vine_spawn before the runtime was started: call vine_init "
     "first$"},
    {"with", spawn_with_before, EXIT_FATAL,
     "^fatal error: vine_spawn before the runtime was started: call vine_init "
     "first$"},
    {"shutdown", after_shutdown, EXIT_FATAL,
     "^fatal error: vine_spawn after vine_shutdown$"},
    {"go", go_nothing, EXIT_FATAL,
     "^fatal error: vine_go before the runtime was started: call vine_init "
     "first$"},
    {"go-shutdown", go_after_shutdown, EXIT_FATAL,
     "^fatal error: vine_go after vine_shutdown$"},
    {"timer", timer_before, EXIT_FATAL,
     "^fatal error: vine_timer_new before the runtime was started: "
     "call vine_init first$"},
    {"park", park_plain, EXIT_FATAL,
     "^fatal error: vine_park on a thread that runs no goroutine$"},
    {"exit", exit_plain, EXIT_FATAL,
     "^fatal error: vine_exit on a thread that runs no goroutine$"},
    {"harmless", harmless, 33, ""},
};

CRASH_MAIN(cases)
