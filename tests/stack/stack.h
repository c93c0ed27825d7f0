// SPDX-License-Identifier: MIT
// Helpers of the stack tests: making a stack deeper, hiding values from the
// optimiser, and running something in goroutines of its own.
#ifndef VINE_TESTS_STACK_H
#define VINE_TESTS_STACK_H

#include "testing.h"

#include <vine.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

// The optimiser knows nothing of x afterwards.
#define OPAQUE(x) __asm__ volatile("" : "+r"(x) : : "memory")
// The optimiser must keep the array a whole, in the frame: an operand of
// assembly is a direct use.
#define WHOLE(a) __asm__ volatile("" : "+m"(a))
#define BARRIER() __asm__ volatile("" : : : "memory")

// Whether VINEDEBUG names this mode, for what a mode changes on purpose.
static inline bool in_mode(const char *key) {
  const char *modes = getenv("VINEDEBUG");
  return modes && strstr(modes, key);
}

// n frames deeper, each with a few live values that must survive; then `last`.
// Returns n more than last does.
static inline NOINLINE int deeper(int n, int (*last)(void *), void *arg) {
  volatile int a = n, b = n * 3, c = n ^ 0x55;
  if (n == 0)
    return last ? last(arg) : 0;
  int r = deeper(n - 1, last, arg);
  BARRIER();
  CHECK(a == n && b == n * 3 && c == (n ^ 0x55));
  return r + 1;
}

// Makes the stack grow (unless it is large already), or move, and comes back.
static inline NOINLINE void grow_stack(int frames) {
  CHECK(deeper(frames, NULL, NULL) == frames);
}

static inline uint64_t stack_size(void) {
  struct vine_stack_info info;
  vine_stack_info(&info);
  return info.size_bytes;
}

static inline uint64_t stack_used(void) {
  struct vine_stack_info info;
  vine_stack_info(&info);
  return info.used_bytes;
}

// A goroutine that calls fn(arg) and tells a group that it is done.
struct in_goroutine {
  vine_group done;
  void (*fn)(void *);
  void *arg;
};

static inline void in_goroutine_main(void *arg) {
  struct in_goroutine *in = (struct in_goroutine *)arg;
  in->fn(in->arg);
  vine_group_done(&in->done);
}

// Runs fn(arg) in a goroutine with a fresh, small stack, and waits for it.
static inline void run_in_goroutine(void (*fn)(void *), void *arg) {
  struct in_goroutine in = {VINE_GROUP_INIT, fn, arg};
  vine_group_add(&in.done, 1);
  CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  vine_group_wait(&in.done);
}

// Runs fn(arg) in n goroutines at once, and waits for all.
static inline void run_in_goroutines(int n, void (*fn)(void *), void *arg) {
  struct in_goroutine in = {VINE_GROUP_INIT, fn, arg};
  vine_group_add(&in.done, n);
  for (int i = 0; i < n; i++)
    CHECK(vine_spawn(in_goroutine_main, &in) == 0);
  vine_group_wait(&in.done);
}

#endif
