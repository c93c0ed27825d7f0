// SPDX-License-Identifier: MIT
// On a fixed stack a handler without SA_ONSTACK runs below what it interrupted,
// as on a thread's: a collector that stops threads by a signal (MicroPython's)
// scans from the handler's frame to the outermost one. A further handler may
// come on top, on either stack, and each may be left by a jump, or jump within
// itself. Compiled with -fvine-fixed.
#include "signals.h"

#include <setjmp.h>
#include <stdint.h>

#define HIDDEN 0x7e57ab1e5ca1ab1eu

static char *volatile outermost; // a local of the goroutine's entry
static char stack[64 << 10] __attribute__((aligned(16)));
static sigjmp_buf out;
static volatile sig_atomic_t handled, nested;
static volatile int found, jumps;

static NOINLINE int is_below(const char *local) {
  char *here = __builtin_frame_address(0);
  return here < local && local - here < (200 << 10);
}

static NOINLINE void scan(void) {
  uint64_t *at = __builtin_frame_address(0);
  found = 0;
  for (; (char *)at < outermost; at++)
    found += *at == HIDDEN;
}

static void on_own_stack(int sig) {
  (void)sig;
  CHECK(!is_below(outermost));
  nested++;
}

static void on_top(int sig) {
  (void)sig;
  CHECK(is_on_signal_stack());
  nested++;
}

static void collect(int sig) {
  sigjmp_buf within;
  CHECK(sig == SIGUSR1);
  CHECK(is_below(outermost) && !is_on_signal_stack());
  int before = nested;
  CHECK(raise(SIGUSR2) == 0); // with SA_ONSTACK, without a stack of its own
  CHECK(raise(SIGHUP) == 0);
  CHECK_EQ(nested, before + 2);
  volatile int times = 0;
  if (sigsetjmp(within, 1) < 2)
    siglongjmp(within, ++times + 0);
  CHECK_EQ(times, 2);
  CHECK(is_below(outermost) && !is_on_signal_stack());
  scan();
  handled++;
  if (jumps)
    siglongjmp(out, 1);
}

static NOINLINE void holding(void) {
  volatile uint64_t hidden = HIDDEN;
  CHECK(raise(SIGUSR1) == 0);
  CHECK(hidden == HIDDEN);
}

static void install(int sig, void (*handler)(int), int flags) {
  struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
  sigemptyset(&a.sa_mask);
  CHECK(sigaction(sig, &a, NULL) == 0);
}

static vine_group done;

static NOINLINE void collected(void) {
  for (int i = 0; i < 20; i++) {
    jumps = i % 2;
    found = 0;
    if (sigsetjmp(out, 1) == 0)
      holding();
    CHECK(found > 0);
    CHECK(!is_on_signal_stack());
    vine_yield();
  }
}

static void fixed(void) {
  char here;
  outermost = &here;
  collected();
  stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
  CHECK(sigaltstack(&ss, NULL) == 0);
  install(SIGUSR2, on_own_stack, SA_ONSTACK);
  CHECK(raise(SIGUSR2) == 0);
  vine_group_done(&done);
}

int main(void) {
  install(SIGUSR1, collect, 0);
  install(SIGUSR2, on_top, SA_ONSTACK);
  install(SIGHUP, on_top, SA_ONSTACK);
  vine_group_add(&done, 1);
  vine_go(fixed());
  vine_group_wait(&done);
  install(SIGUSR2, on_top, SA_ONSTACK);
  vine_group_add(&done, 1);
  fixed(); // in main's, too
  CHECK_EQ(handled, 40);
  return 0;
}
