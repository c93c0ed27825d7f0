// SPDX-License-Identifier: MIT
// vine/debug.h: names, and tracebacks of a program that goes on.
#include "testing.h"

#include <pthread.h>
#include <regex.h>
#include <unistd.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))
#define BARRIER() __asm__ volatile("" ::: "memory")

static _Atomic int here;
static volatile bool over;
static vine_group ended = VINE_GROUP_INIT;

NOINLINE void waits(void *c) {
  char name[] = "reader";
  vine_set_name(name);
  here++;
  vine_recv((vine_chan_t)c, int);
  vine_set_name(NULL);
  vine_group_done(&ended);
}

NOINLINE void computes(void *arg) {
  (void)arg;
  here++;
  for (volatile unsigned n = 0; !over;)
    n++;
  vine_group_done(&ended);
}

NOINLINE void calls_out(void *arg) {
  (void)arg;
  here++;
  while (!over)
    usleep(1000);
  vine_group_done(&ended);
}

// What a dump prints. The pipe has room for it.
static char *dump(void) {
  static char text[60000];
  int fds[2];
  CHECK(pipe(fds) == 0);
  vine_dump(fds[1]);
  close(fds[1]);
  size_t n = 0;
  for (ssize_t got; (got = read(fds[0], text + n, sizeof text - 1 - n)) > 0;)
    n += (size_t)got;
  text[n] = 0;
  close(fds[0]);
  return text;
}

static void want(const char *text, const char *pattern) {
  regex_t re;
  CHECK(regcomp(&re, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0);
  if (regexec(&re, text, 0, NULL, 0) != 0)
    TEST_FAIL("no %s in:\n%s", pattern, text);
  regfree(&re);
}

static void check_dump(const char *text) {
  want(text, "^goroutine [0-9]+ \\(reader\\) \\[chan receive\\]:$");
  want(text, "^9 more with the stack of goroutine [0-9]+ \\[chan receive\\]$");
  want(text, "^\twaits\\+0x");
  want(text, "^\tcomputes\\+0x|unavailable");
  want(text, "^\tcalls_out\\+0x");
}

static void *on_thread(void *arg) {
  vine_set_name("nobody");
  check_dump(dump());
  return arg;
}

static void dumps_too(void *arg) {
  int null = (int)(intptr_t)arg;
  for (int i = 0; i < 20; i++)
    vine_dump(null);
  vine_group_done(&ended);
}

int main(void) {
  vine_chan_t c = vine_chan_make(int, 0);
  vine_group_add(&ended, 12);
  for (int i = 0; i < 10; i++)
    CHECK(vine_spawn(waits, c) == 0);
  CHECK(vine_spawn(computes, NULL) == 0);
  CHECK(vine_spawn(calls_out, NULL) == 0);
  while (here < 12)
    vine_yield();
  // Counted before they wait.
  for (char *text = dump(); !strstr(text, "\n9 more with"); text = dump())
    vine_sleep(VINE_MILLISECOND);
  vine_set_name("the main one");
  char *text = dump();
  check_dump(text);
  CHECK(strncmp(text, "\ngoroutine 1 (the main one) [running]:\n\t", 40) == 0);
  pthread_t t;
  CHECK(pthread_create(&t, NULL, on_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);

  // At once, and beside what else stops the world.
  FILE *null = fopen("/dev/null", "w");
  vine_group_add(&ended, 4);
  for (int i = 0; i < 4; i++)
    vine_spawn(dumps_too, (void *)(intptr_t)fileno(null));
  int procs = vine_maxprocs();
  for (int i = 0; i < 20; i++)
    vine_set_maxprocs(1 + i % 3);
  vine_set_maxprocs(procs);
  over = true;
  for (int i = 0; i < 10; i++)
    vine_send(c, 1);
  vine_group_wait(&ended);
  return 0;
}
