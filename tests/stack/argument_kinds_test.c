// SPDX-License-Identifier: MIT
// Arguments of every type, of any alignment, by value: direct calls and those
// through pointers, vine_go, variable arguments; of our functions and of
// foreign ones. At any depth, so at many offsets modulo the alignments.
#include "argument_kinds.h"
#include "testing.h"

#include <vine.h>

static vine_group done;
static _Atomic int calls, wrong_values;

__attribute__((noinline)) int deep(int n) {
  volatile char pad[200];
  pad[0] = 1;
  return n ? deep(n - 1) + pad[0] : 0;
}

void checked(int wrong) {
  wrong_values += wrong;
  calls++;
}

DEFINE_KINDS(ours)

static typeof(&ours_many) volatile to_many[] = {ours_many, theirs_many};
static typeof(&ours_any) volatile to_any[] = {ours_any, theirs_any};

__attribute__((noinline)) static void call_all(int offset) {
  volatile char pad[offset];
  pad[0] = 0;
  empty none;
  ours_many(ARGUMENT_KINDS(VALUE) none, 1);
  theirs_many(ARGUMENT_KINDS(VALUE) none, 1);
  ours_any(2, ARGUMENT_KINDS(VALUE) 0);
  theirs_any(2, ARGUMENT_KINDS(VALUE) 0);
  for (int i = 0; i < 2; i++) {
    to_many[i](ARGUMENT_KINDS(VALUE) none, 1);
    to_any[i](2, ARGUMENT_KINDS(VALUE) 0);
  }
}

__attribute__((noinline)) static void start_all(void) {
  empty none;
  vine_go(ours_many(ARGUMENT_KINDS(VALUE) none, 1));
  vine_go(theirs_many(ARGUMENT_KINDS(VALUE) none, 1));
  vine_go(ours_any(2, ARGUMENT_KINDS(VALUE) 0));
  vine_go(theirs_any(2, ARGUMENT_KINDS(VALUE) 0));
  for (int i = 0; i < 2; i++) {
    vine_go(to_many[i](ARGUMENT_KINDS(VALUE) none, 1));
    vine_go(to_any[i](2, ARGUMENT_KINDS(VALUE) 0));
  }
}

static void run(int offset) {
  call_all(offset);
  start_all();
  vine_group_done(&done);
}

enum { RUNS = 8, CALLS_EACH = 2 * (4 * 1 + 4 * 2) };

int main(void) {
  vine_group_add(&done, RUNS);
  for (int i = 0; i < RUNS; i++)
    vine_go(run(1 + i * 16));
  vine_group_wait(&done);
  while (calls < RUNS * CALLS_EACH)
    vine_yield();
  CHECK_EQ(wrong_values, 0);
  CHECK_EQ(calls, RUNS * CALLS_EACH);
  return 0;
}
