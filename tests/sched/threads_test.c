// SPDX-License-Identifier: MIT
// R, thread exhaustion: threads are made as blocked foreign calls need them,
// end when they are idle, their structs are used again; the limit; and what
// happens when the kernel gives no thread. After Go's TestThreadExhaustion
// (crash_test.go) and its debug.SetMaxThreads.
#include "sched.h"

#include <pthread.h>

enum { MANY = 500 };
static vine_group wg;
static sem_t gate;
static int inside;

static void blocks(void) {
  ADD(inside, 1);
  foreign_wait(&gate);
  vine_group_done(&wg);
}

static void block_many(int n) {
  inside = 0;
  vine_group_add(&wg, n);
  for (int i = 0; i < n; i++)
    vine_go(blocks());
  while (GET(inside) < n)
    vine_sleep(MS);
}

static void let_go(int n) {
  for (int i = 0; i < n; i++)
    sem_post(&gate);
  vine_group_wait(&wg);
}

// Two waves: the second one's threads have the structs of the first one's.
static void waves(void) {
  for (int i = 0; i < 2; i++) {
    block_many(MANY);
    CHECK(threads() >= MANY);
    CHECK_EQ(vine_goroutine_count(), MANY + 1);
    let_go(MANY);
    // What is kept, and what this very loop keeps awake.
    while (threads() > 2 * vine_maxprocs() + 8)
      vine_sleep(20 * MS);
    settle(1);
  }
}

static void limits(void) {
  CHECK_EQ(vine_set_max_threads(0), -EINVAL);
  CHECK_EQ(vine_set_max_threads(-1), -EINVAL);
  CHECK_EQ(vine_set_max_threads(INT64_MAX), 10000);
  CHECK_EQ(vine_set_max_threads(10000), INT32_MAX);
}

// --- death tests ---

static void exhaust(void) {
  vine_set_max_threads(20);
  block_many(30);
}

static void below(void) {
  block_many(10);
  vine_set_max_threads(5);
}

int main(int argc, char **argv) {
  CHECK(sem_init(&gate, 0, 0) == 0);
  if (argc > 1) {
    strcmp(argv[1], "below") ? exhaust() : below();
    return 0;
  }
  limits();
  waves();
  CHECK_DIED(test_run_self("exhaust"), 2, "program exceeds 20-thread limit");
  CHECK_DIED(test_run_self("exhaust"), 2, "fatal error: thread exhaustion");
  CHECK_DIED(test_run_self("below"), 2, "fatal error: thread exhaustion");
  return 0;
}
