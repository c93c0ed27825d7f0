// SPDX-License-Identifier: MIT
// R, P9: "all goroutines are asleep", found where it is so, and no false
// alarm where a foreign thread, a timer or a foreign call may still wake
// somebody. After Go's TestSimpleDeadlock, TestInitDeadlock,
// TestLockedDeadlock, TestLockedDeadlock2, TestGoexitDeadlock,
// TestGoexitInPanic, issues 12734 and 61454 (crash_test.go).
#include "sched.h"

#include <pthread.h>
#include <signal.h>

static vine_chan_t never;

static void waits(void) { vine_recv(never, int); }
static void locks(void) {
  vine_lock_thread();
  waits();
}

static void waits_for(void *arg) { vine_recv(never, int); }

static void *ends_soon(void *arg) {
  foreign_sleep(400 * MS); // past the first looks
  return arg;
}

static void simple(void) { waits(); }
static void many(void) {
  for (int i = 0; i < 100; i++)
    vine_go(waits());
  waits();
}
static void locked(void) { locks(); }
static void locked_others(void) {
  vine_lock_thread();
  vine_go(waits());
  vine_go(locks());
  vine_mutex m = VINE_MUTEX_INIT;
  vine_mutex_lock(&m);
  vine_mutex_lock(&m);
}
static void in_callback(void) { foreign_call(waits_for, NULL); }
static void after_exit(void) {
  vine_go(waits());
  vine_exit();
}
static void all_gone(void) { vine_exit(); }
static void last_ends_locked(void) {
  vine_lock_thread();
  vine_exit();
}
// A thread that could have woken somebody ends without doing so.
static void after_thread(void) {
  pthread_t t;
  CHECK(pthread_create(&t, NULL, ends_soon, NULL) == 0);
  pthread_detach(t);
  waits();
}
static void after_call(void) {
  foreign_sleep(200 * MS);
  waits();
}

static const struct {
  const char *name;
  void (*fn)(void);
  const char *says;
} deaths[] = {
    {"simple", simple, "all goroutines are asleep - deadlock!"},
    {"many", many, "goroutine 1 [chan receive"},
    {"locked", locked, ", locked to thread]:"},
    {"locked others", locked_others, "goroutines are asleep - deadlock!"},
    {"callback", in_callback, "all goroutines are asleep - deadlock!"},
    {"after exit", after_exit, "all goroutines are asleep - deadlock!"},
    {"all gone", all_gone, "no goroutines (main called vine_exit) - deadlock!"},
    {"ends locked", last_ends_locked,
     "no goroutines (main called vine_exit) - deadlock!"},
    {"after thread", after_thread, "all goroutines are asleep - deadlock!"},
    {"after call", after_call, "all goroutines are asleep - deadlock!"},
    {"constructor", simple, "all goroutines are asleep - deadlock!"},
};
enum { DEATHS = sizeof deaths / sizeof deaths[0] };

// Without a runtime, on the only thread of the process.
__attribute__((constructor)) static void before_main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "constructor"))
    vine_recv(NULL, int);
}

// --- no false alarms ---

static void *wakes(void *arg) {
  foreign_sleep(300 * MS);
  vine_send(arg, 1);
  return NULL;
}

static void by_thread(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  pthread_t t;
  CHECK(pthread_create(&t, NULL, wakes, c) == 0);
  CHECK_EQ(vine_recv(c, int), 1);
  CHECK(pthread_join(t, NULL) == 0);
  vine_chan_free(c);
}

static void call_wakes(vine_chan_t c) {
  foreign_sleep(300 * MS);
  vine_send(c, 2);
}

static void by_foreign_call(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  vine_go(call_wakes(c));
  CHECK_EQ(vine_recv(c, int), 2);
  vine_chan_free(c);
}

static void by_timer(void) {
  vine_chan_t c = vine_after(300 * MS);
  vine_recv(c, int64_t);
  vine_chan_free(c);
}

int main(int argc, char **argv) {
  never = vine_chan_make(int, 0);
  for (int i = 0; argc > 1 && i < DEATHS; i++)
    if (!strcmp(argv[1], deaths[i].name))
      deaths[i].fn();
  by_thread();
  by_foreign_call();
  by_timer();
  for (int i = 0; i < DEATHS; i++)
    CHECK_DIED(test_run_self(deaths[i].name), 2, deaths[i].says);
  return 0;
}
