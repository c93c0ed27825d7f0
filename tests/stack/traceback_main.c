// SPDX-License-Identifier: MIT
// S14, S15: a program to look at from outside: goroutines parked at known
// depths, one in a callback, one on a linked segment, main deep in a foreign
// call. traceback_test.sh has it send itself SIGQUIT, and unwinds with gdb.
#include "foreign.h"
#include "stack.h"

#include <signal.h>

static vine_group never = VINE_GROUP_INIT;
static _Atomic int waiting;

NOINLINE int parked_here(void) {
  waiting++;
  vine_group_wait(&never);
  return 1;
}

NOINLINE int parked_deep(int n) {
  volatile int v = n;
  int r = n == 0 ? parked_here() : parked_deep(n - 1);
  BARRIER();
  return r + v;
}

static void parker(void *arg) { parked_deep((int)(long)arg); }

NOINLINE long in_callback(void *arg, long v) {
  (void)arg;
  waiting++;
  vine_group_wait(&never);
  return v;
}

static void caller(void *arg) { foreign_call_deep(in_callback, arg, 3, 2); }

// Called where the pinned frame's stack is full: on a segment, by a function
// below whose return address only the segment knows.
NOINLINE int pinned(int n) {
  void *fp = __builtin_frame_address(0);
  OPAQUE(fp);
  int r = parked_deep(n);
  CHECK(fp == __builtin_frame_address(0));
  return r;
}

static void pinner(void *arg) { pinned((int)(long)arg); }

// Growth from here is what gdb stops in.
NOINLINE int look_here(void) {
  grow_stack(2000);
  raise(SIGQUIT);
  return 0;
}

NOINLINE int main_deep(int n) {
  volatile int v = n;
  grow_stack(50);
  int r = n == 0 ? look_here() : main_deep(n - 1);
  BARRIER();
  return r + v;
}

int main(void) {
  vine_group_add(&never, 1);
  CHECK(vine_spawn(parker, (void *)3) == 0);
  CHECK(vine_spawn(parker, (void *)200) == 0);
  CHECK(vine_spawn(caller, NULL) == 0);
  CHECK(vine_spawn(pinner, (void *)40) == 0);
  while (waiting < 4)
    vine_yield();
  // With one processor they are all parked when it is our turn again.
  for (int i = 0; i < 300; i++) {
    vine_yield();
    vine_stack_shrink();
  }
  return main_deep(10);
}
