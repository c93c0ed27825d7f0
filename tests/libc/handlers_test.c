// SPDX-License-Identifier: MIT
// What handlers may do, wherever they hit: have large locals, nest, jump out.
// Each has a side stack of its own, and waits for no lock of the allocator,
// which the code that it interrupts may hold. On goroutines and plain threads.
#include "signals.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

enum { SIGNALS = 20, JUMPS = 10000 };

static _Atomic int handled;
static _Atomic bool is_over;

// On top of one whose locals are alive; the third has more than is reserved.
static void nested(int sig) {
  CHECK(is_on_safe_stack());
  (void)sig;
  CHECK(keeps(5000, 3, NULL));
  CHECK(keeps(600000, 4, NULL));
}

static void raise_nested(void) { raise(SIGUSR2); }

static void handler(int sig) {
  size_t sizes[] = {40, 3000, 100000, 400000};
  int n = handled++;
  CHECK(keeps(sizes[n % 4], sig, raise_nested));
  CHECK(keeps(100, 5, NULL));
}

// Takes and gives back stacks, side stacks and their memory.
static NOINLINE long churn(int n, const long *up) {
  long here[16];
  here[n & 15] = *up + n;
  return n ? churn(n - 1, &here[n & 15]) + here[n & 15] : *up;
}

static void run_churn(int n, vine_group *wg) {
  long x = n, want = churn(n, &x);
  CHECK(keeps(20000, n, NULL));
  CHECK_EQ(churn(n, &x), want);
  vine_group_done(wg);
}

static void goroutines(void) {
  while (!is_over) {
    vine_group wg = VINE_GROUP_INIT;
    vine_group_add(&wg, 3);
    for (int i = 0; i < 3; i++)
      vine_go(run_churn(20 + i * 10, &wg));
    vine_group_wait(&wg);
  }
}

static void *plain(void *arg) {
  (void)arg;
  while (!is_over) {
    long x = 1;
    churn(40, &x);
    CHECK(keeps(30000, 7, NULL));
  }
  return NULL;
}

static void signal_until(int count, pthread_t thread) {
  int end = handled + count;
  while (handled < end) {
    if (thread)
      pthread_kill(thread, SIGUSR1);
    else
      kill(getpid(), SIGUSR1);
    for (int was = handled, i = 0; handled == was && i < 1000; i++)
      vine_sleep(10000);
  }
}

static void on_goroutines(void) {
  vine_group wg = VINE_GROUP_INIT;
  is_over = false;
  vine_group_add(&wg, 1);
  vine_go((goroutines)());
  signal_until(SIGNALS, 0);
  is_over = true;
}

static void on_plain_threads(void) {
  for (int i = 0; i < 5; i++) { // they come and go
    pthread_t t;
    is_over = false;
    CHECK(pthread_create(&t, NULL, plain, NULL) == 0);
    signal_until(SIGNALS / 5, t);
    is_over = true;
    CHECK(pthread_join(t, NULL) == 0);
  }
}

// --- jumps out ---

static sigjmp_buf out;

static void jump(int sig) {
  char here[2000];
  fill(here, sizeof here, sig);
  siglongjmp(out, 1);
}

static void jump_from_nested(int sig) {
  char here[300000];
  fill(here, sizeof here, sig);
  raise(SIGUSR2);
}

static size_t resident(void) {
  unsigned long total, pages;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f && fscanf(f, "%lu %lu", &total, &pages) == 2);
  fclose(f);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void jumps(int times) {
  for (volatile int i = 0; i < times; i++)
    if (sigsetjmp(out, 1) == 0)
      raise(SIGUSR1);
}

static void jumps_leave_nothing(void (*first)(int), int times) {
  signal(SIGUSR1, first);
  signal(SIGUSR2, jump);
  jumps(100);
  size_t before = resident();
  jumps(times);
  CHECK(resident() < before + (4 << 20));
}

static void *jump_on_thread(void *arg) {
  (void)arg;
  jumps_leave_nothing(jump, JUMPS / 4);
  jumps_leave_nothing(jump_from_nested, 200);
  return NULL;
}

int main(void) {
  struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
  CHECK(signal(SIGUSR2, nested) != SIG_ERR);
  on_goroutines();
  on_plain_threads();
  jumps_leave_nothing(jump, JUMPS);
  jumps_leave_nothing(jump_from_nested, 200);
  pthread_t t;
  CHECK(pthread_create(&t, NULL, jump_on_thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  return 0;
}
