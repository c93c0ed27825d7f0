// SPDX-License-Identifier: MIT
// A program may have functions of its own by the names of those that the
// runtime replaces beside sigaction: its own are called, and it links.
#include "testing.h"

#include <signal.h>
#include <vine.h>

typedef void handler_fn(int);

static int calls;

handler_fn *sigset(int sig, handler_fn *handler) {
  calls++;
  return signal(sig, handler);
}

int siginterrupt(int sig, int interrupt) {
  calls += sig + interrupt;
  return -2;
}

static volatile sig_atomic_t handled;

static void handler(int sig) { handled = sig; }

static vine_group done;

static void run(void) {
  calls = 0;
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
  CHECK(sigset(SIGUSR1, handler) == SIG_DFL);
  CHECK_EQ(siginterrupt(3, 4), -2);
  CHECK_EQ(calls, 8);
  raise(SIGUSR1);
  CHECK_EQ(handled, SIGUSR1);
  vine_group_done(&done);
}

int main(void) {
  vine_group_add(&done, 1);
  vine_go(run());
  vine_group_wait(&done);
  return 0;
}
