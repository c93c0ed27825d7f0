// SPDX-License-Identifier: MIT
// P4 under -femulated-tls: goroutines that change threads reach the variables
// of the thread that they are on, at each access; initialised, large, local and
// foreign ones. The function that finds them is foreign code, deep in a stack
// as well.
#include "stack.h"

#include "emulated_tls.h"

#include <pthread.h>

enum { GOROUTINES = 24, ROUNDS = 100 };

_Thread_local int exported;
static _Thread_local int inside;
static _Thread_local struct {
  _Alignas(128) int tid;
  int pad[30];
  int seven;
} big = {.seven = 7};

static void check_all(void) {
  static _Thread_local int in_function;
  CHECK(is_of_thread(&exported));
  CHECK(is_of_thread(&inside));
  CHECK(is_of_thread(&in_function));
  CHECK(is_of_thread(&big.tid));
  CHECK(is_of_thread(&theirs));
  CHECK((uintptr_t)&big % 128 == 0);
  CHECK_EQ(big.seven, 7);
  inside = 0;
  inside += 3; // no call that may park: the same thread's
  CHECK_EQ(inside, 3);
  inside = 0;
}

static int down(int n) {
  volatile char pad[100];
  pad[0] = 1;
  if (n == 0)
    check_all();
  return n ? down(n - 1) + pad[0] : 0;
}

static void worker(void *arg) {
  for (int i = 0; i < ROUNDS; i++) {
    check_all();
    vine_yield();
    CHECK_EQ(down(i), i);
    vine_yield();
  }
}

static void *in_thread(void *arg) {
  check_all();
  return arg;
}

int main(void) {
  pthread_t thread;
  worker(NULL);
  run_in_goroutines(GOROUTINES, worker, NULL);
  CHECK(pthread_create(&thread, NULL, in_thread, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  return 0;
}
