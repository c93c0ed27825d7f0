// SPDX-License-Identifier: MIT
// Timers and contexts of a program without a goroutine of its own: vine_init,
// everything from plain threads, and a shutdown with timers pending.
#include "when.h"

#include <stdatomic.h>

static _Atomic int ran;

static void add_one(void *arg) { atomic_fetch_add((_Atomic int *)arg, 1); }

static void timers(void) {
  int64_t begin = vine_now();
  vine_timer_t t = vine_timer_new(5 * MS);
  CHECK(vine_recv(t->c, int64_t) - begin >= 5 * MS);
  CHECK(!vine_timer_reset(t, VINE_HOUR));
  CHECK(vine_timer_stop(t));
  vine_timer_free(t);
  t = vine_after_func(MS, add_one, &ran);
  while (atomic_load(&ran) == 0)
    vine_sleep(MS / 10);
  vine_timer_free(t);
}

static void contexts(void) {
  vine_ctx_t c = vine_ctx_with_timeout(vine_ctx_background(), 5 * MS);
  vine_group g = VINE_GROUP_INIT;
  vine_group_add(&g, 1);
  CHECK_EQ(vine_group_wait_ctx(c, &g), -ETIMEDOUT);
  CHECK_EQ(vine_sleep_ctx(c, VINE_HOUR), -ETIMEDOUT);
  CHECK_EQ(vine_ctx_wait(c), -ETIMEDOUT);
  vine_ctx_free(c);
}

int main(void) {
  CHECK_EQ(vine_init(), 0);
  for (int i = 0; i < 20; i++) {
    RUN(timers);
    RUN(contexts);
    atomic_store(&ran, 0);
  }
  vine_after_func(5 * MS, add_one, &ran);
  vine_timer_new(VINE_HOUR);
  vine_shutdown();
  usleep(20000); // what fires now must not start anything
  CHECK_EQ(atomic_load(&ran), 0);
  return 0;
}
