// SPDX-License-Identifier: MIT
// vine_at_exit: order, also against atexit, nested, from every place that can
// end the program; functions that park, grow and start goroutines.
#include "sched.h"

#include <pthread.h>

static char said[64];

static void say(void *arg) { strcat(said, arg); }
static void say_a(void) { say("a"); }

static void nested(void *arg) {
  say("n");
  CHECK_EQ(vine_at_exit(say, "i"), 0);
}

static int deep(int n) {
  volatile char here[64];
  here[n % 64] = (char)n;
  return n == 0 ? 0 : deep(n - 1) + (here[n % 64] == (char)n);
}

static void child(vine_chan_t c) { vine_send(c, deep(100)); }

static void parks(void *arg) {
  vine_chan_t c = vine_chan_make(int, 0);
  vine_go(child(c));
  CHECK_EQ(vine_recv(c, int), 100);
  vine_chan_free(c);
  vine_sleep(MS);
  CHECK_EQ(deep(500), 500);
  say(arg);
}

// Runs last of all. Write, since stdio may be gone.
static void tells(void *arg) {
  CHECK(write(2, said, strlen(said)) > 0);
  CHECK(write(2, arg, strlen(arg)) > 0);
}

static void goes_on(void) {
  for (;;)
    vine_yield();
}

static void *exits_thread(void *arg) { exit(7); }

static void exits(void) { exit(7); }

static int end_by(const char *how) {
  CHECK_EQ(vine_at_exit(NULL, NULL), -EINVAL);
  CHECK_EQ(vine_at_exit(tells, "."), 0);
  CHECK_EQ(vine_at_exit(say, "1"), 0);
  CHECK_EQ(atexit(say_a), 0);
  CHECK_EQ(vine_at_exit(nested, NULL), 0);
  CHECK_EQ(vine_at_exit(parks, "p"), 0);
  vine_go(goes_on());
  if (!strcmp(how, "return"))
    return 7;
  pthread_t t;
  if (!strcmp(how, "exit"))
    exits();
  else if (!strcmp(how, "foreign"))
    foreign_exit(7);
  else if (!strcmp(how, "goroutine"))
    vine_go(exits());
  else if (!strcmp(how, "thread"))
    CHECK(pthread_create(&t, NULL, exits_thread, NULL) == 0);
  else if (!strcmp(how, "fatal"))
    vine_chan_close(NULL);
  if (!strcmp(how, "after main"))
    vine_go(exits()), vine_exit();
  for (;;)
    vine_sleep(MS);
}

int main(int argc, char **argv) {
  if (argc > 1)
    return end_by(argv[1]);
  static const char *const ways[] = {"return",    "exit",   "foreign",
                                     "goroutine", "thread", "after main"};
  for (int i = 0; i < 6; i++)
    CHECK_DIED(test_run_self(ways[i]), 7, "pnia1.");
  struct test_child *c = test_run_self("fatal");
  CHECK(c->status == 2 && !strstr(c->err, "pnia1."));
  free(c);
  return 0;
}
