// SPDX-License-Identifier: MIT
// longjmp to a buffer that foreign code's setjmp filled: from a callback, with
// more foreign code and callbacks in between, on stacks that have grown, with a
// pinned frame; by our longjmp and by foreign code's. Nothing leaks.
#include "foreign_jumps.h"
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <vine.h>

#define NOINLINE __attribute__((noinline))

static NOINLINE int deep(int n, jmp_buf b, int val) {
  volatile char pad[200];
  pad[n % 200] = (char)n;
  if (n == 0 && b)
    longjmp(b, val);
  return n ? deep(n - 1, b, val) + pad[n % 200] : 0;
}

static void leaves(jmp_buf b) { longjmp(b, 5); }

static void leaves_deep(jmp_buf b) { deep(90, b, 7); }

static NOINLINE void leaves_pinned(jmp_buf b) {
  volatile int local = 3;
  if (__builtin_frame_address(0) == &local)
    return;
  deep(80, b, 9);
}

static void leaves_masked(sigjmp_buf b) {
  sigset_t set;
  sigfillset(&set);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  siglongjmp(b, 8);
}

// Past a foreign frame that has a buffer of its own, and another callback.
static jmp_buf *far;

static void leaves_far(jmp_buf b) {
  (void)b;
  deep(70, *far, 11);
}

static void goes_on(jmp_buf b) {
  far = (jmp_buf *)b;
  deep(100, NULL, 0);
  guarded(leaves_far);
  CHECK(0);
}

static void inner(jmp_buf b) {
  (void)b;
  leave_outer(12);
}

static void by_foreign(void) {
  volatile char big[3000];
  big[5] = 1;
  deep(100, NULL, 0);
  guarded(inner);
  CHECK(big[5] == 0);
}

// A buffer of ours still works around all that.
static int mine(void) {
  jmp_buf b;
  int r = setjmp(b);
  if (r == 0) {
    CHECK_EQ(guarded(leaves), 5);
    leave_mine(b);
  }
  return r;
}

static NOINLINE void all(void) {
  volatile char around[100];
  around[99] = 77;
  CHECK_EQ(guarded(leaves), 5);
  CHECK_EQ(guarded(leaves_deep), 7);
  CHECK_EQ(guarded(leaves_pinned), 9);
  CHECK_EQ(guarded_mask(leaves_masked), 8);
  sigset_t set;
  pthread_sigmask(SIG_BLOCK, NULL, &set);
  CHECK(!sigismember(&set, SIGUSR1));
  CHECK_EQ(guarded_outer(by_foreign), 12);
  CHECK_EQ(mine(), 6);
  CHECK_EQ(guarded_loop(300, leaves), 300);
  deep(150, NULL, 0);
  CHECK(around[99] == 77);
}

static void nested(void) {
  CHECK_EQ(guarded(goes_on), 11);
  all();
}

static void goroutine(vine_group *wg) {
  vine_yield();
  all();
  vine_group_done(wg);
}

static void *thread(void *arg) {
  all();
  return arg;
}

int main(void) {
  pthread_t t;
  vine_group wg = VINE_GROUP_INIT;
  all();
  nested();
  // foreign_jumps.c has one buffer.
  for (int i = 0; i < 10; i++) {
    vine_group_add(&wg, 1);
    vine_go(goroutine(&wg));
    vine_group_wait(&wg);
  }
  CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
  CHECK(pthread_join(t, NULL) == 0);
  return 0;
}
