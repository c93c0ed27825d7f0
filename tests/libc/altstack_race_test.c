// SPDX-License-Identifier: MIT
// A second signal comes at any step of the way to a handler on the program's
// alternate stack, and back, by a return or by a jump. After CPython's stress
// test of signals with faulthandler's stack.
#include "signals.h"

#include <setjmp.h>
#include <sys/time.h>

#define ROUNDS 4000

static char stack[64 << 10] __attribute__((aligned(16)));
static volatile sig_atomic_t sent, timed;
static volatile int jumps;
static sigjmp_buf out;

static void on_sent(int sig) {
  CHECK(keeps(500, sig, NULL));
  sent++;
  if (jumps)
    siglongjmp(out, 1);
}

static void on_time(int sig) {
  CHECK(keeps(500, sig, NULL));
  timed++;
}

static void install(int sig, void (*fn)(int), int flags) {
  struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};
  sigemptyset(&sa.sa_mask);
  CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void round_of(int i) {
  struct itimerval soon = {.it_value.tv_usec = 1 + i % 12};
  int before = sent;
  CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
  if (sigsetjmp(out, 1) == 0)
    raise(SIGUSR1);
  CHECK_EQ(sent, before + 1);
}

static void rounds(void) {
  for (volatile int i = 0; i < ROUNDS; i++) {
    jumps = i & 1;
    round_of(i);
  }
  jumps = 0;
  while (!timed)
    round_of(0);
}

int main(void) {
  stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
  install(SIGUSR1, on_sent, 0);
  install(SIGALRM, on_time, 0); // on a fixed stack: the goroutine's
  rounds();
  CHECK(sigaltstack(&ss, NULL) == 0);
  install(SIGUSR1, on_sent, SA_ONSTACK);
  install(SIGALRM, on_time, SA_ONSTACK);
  rounds();
  install(SIGALRM, on_time, 0);
  rounds();
  return 0;
}
