// SPDX-License-Identifier: MIT
// fixed.c: goroutines whose functions plain clang compiled, on fixed stacks.
#ifndef VINE_TESTS_FIXED_H
#define VINE_TESTS_FIXED_H

#include <vine.h>

struct fixed_job {
  vine_group *wg;
  long (*callback)(void *arg, long v); // instrumented
  void *arg;
  long result;
  int rounds;
};

void fixed_worker(void *job); // calls the callback, yields
void fixed_parker(void *job); // parks until a goroutine it starts wakes it
void fixed_exiter(void *job); // ends by vine_exit, deep
void fixed_info(void *job);   // result: the limit it sees
void fixed_errno(void *job);  // errno over switches
// Uses `bytes` of stack; the result is a checksum.
void fixed_deep(void *job);

#endif
