// SPDX-License-Identifier: MIT
// SIGPROF at 10 kHz, as a profiler has it, while goroutines and plain threads
// come and go, grow, allocate and wait. The handler is compiled by vinecc,
// recurses, and has locals whose addresses escape. Nothing may hang, be lost or
// grow. The argument is a number of signals: 2,000 by default; 6,000,000 take
// ten minutes.
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))
#define PERIOD_NS 100000
// What the memory may vary by between rounds. A handler that leaks 1 KB is
// through after 40,000 signals.
#define SLACK_MB 40

static _Atomic long handled;
static _Atomic int is_over;

// n frames, each with a local that the next one reads.
static NOINLINE long sum(int n, const long *above) {
  long here[8];
  here[n & 7] = *above + n;
  return n == 0 ? *above : sum(n - 1, &here[n & 7]) - here[n & 7] + *above + n;
}

static void check_sum(int n) {
  long zero = 0, want = (long)n * (n + 1) / 2;
  CHECK_EQ(sum(n, &zero), want);
}

static void on_profile(int sig) {
  int was = errno;
  (void)sig;
  check_sum((int)(handled % 50));
  handled++;
  errno = was;
}

static void start_clock(timer_t *clock) {
  struct sigaction a = {.sa_handler = on_profile, .sa_flags = SA_RESTART};
  CHECK_EQ(sigaction(SIGPROF, &a, NULL), 0);
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
  CHECK_EQ(timer_create(CLOCK_MONOTONIC, &e, clock), 0);
  struct itimerspec s = {{0, PERIOD_NS}, {0, PERIOD_NS}};
  CHECK_EQ(timer_settime(*clock, 0, &s, NULL), 0);
}

// --- what is interrupted ---

static void leaf(int n, vine_chan_t out) {
  check_sum(n);
  char *p = malloc((size_t)n * 16 + 1);
  snprintf(p, (size_t)n * 16 + 1, "%d", n);
  CHECK_EQ(atoi(p), n);
  free(p);
  vine_send(out, n);
}

static void grower(vine_group *wg) {
  vine_chan_t c = vine_chan_make(int, 3);
  while (!is_over) {
    int total = 0;
    for (int i = 1; i <= 10; i++)
      vine_go(leaf(i * 7, c));
    for (int i = 1; i <= 10; i++)
      total += vine_recv(c, int);
    CHECK_EQ(total, 7 * 55);
    check_sum(300);
    vine_sleep(1000);
  }
  vine_chan_free(c);
  vine_group_done(wg);
}

static void *short_lived(void *arg) {
  check_sum(100);
  vine_send((vine_chan_t)arg, 1);
  return NULL;
}

// Plain threads, too many at a time for the C library's cache of stacks.
static void starter(vine_group *wg) {
  vine_chan_t c = vine_chan_make(int, 0);
  while (!is_over) {
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
      CHECK_EQ(pthread_create(&t[i], NULL, short_lived, c), 0);
    for (int i = 0; i < 3; i++)
      CHECK_EQ(vine_recv(c, int), 1);
    for (int i = 0; i < 3; i++)
      CHECK_EQ(pthread_join(t[i], NULL), 0);
  }
  vine_chan_free(c);
  vine_group_done(wg);
}

static void *long_lived(void *arg) {
  (void)arg;
  while (!is_over)
    check_sum(60);
  return NULL;
}

// --- memory ---

static long resident_mb(void) {
  long pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%*s %ld", &pages) == 1);
  fclose(f);
  return pages / 256;
}

// A quarter of the signals shows what the program needs; then it has it.
static void watch(long signals) {
  while (handled < signals / 4)
    vine_sleep(1000 * 1000);
  long before = resident_mb();
  while (handled < signals)
    vine_sleep(1000 * 1000);
  long after = resident_mb();
  if (after > before + SLACK_MB)
    TEST_FAIL("grew from %ld to %ld MB", before, after);
}

int main(int argc, char **argv) {
  long signals = argc > 1 ? atol(argv[1]) : 2000;
  vine_group wg = VINE_GROUP_INIT;
  vine_group_add(&wg, 4);
  timer_t clock;
  start_clock(&clock);
  for (int i = 0; i < 3; i++)
    vine_go(grower(&wg));
  vine_go(starter(&wg));
  pthread_t t;
  CHECK_EQ(pthread_create(&t, NULL, long_lived, NULL), 0);
  watch(signals);
  is_over = 1;
  vine_group_wait(&wg);
  CHECK_EQ(pthread_join(t, NULL), 0);
  CHECK_EQ(timer_delete(clock), 0);
  return 0;
}
