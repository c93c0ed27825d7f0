// SPDX-License-Identifier: MIT
// Goroutines and threads that wait. waiter.h has the story.
//
// Invariants:
// (WAITER1) A sleeper is woken once; after `woken` is set its waker touches
//      only the address, in the futex call, which ignores what is there.
//
// Runs on: system stack or a plain thread's. Never parks, except
// where it says so.

#include "sched/waiter.h"
#include "base/fatal.h"
#include "os/os.h"
#include "sched/deadlock.h"

void vine__waiter_wake(vine__waiter w, uint64_t ret) {
  if (!vine__waiter_is_thread(w)) {
    vine__ready(vine__waiter_goroutine(w), ret);
    return;
  }
  struct vine__sleeper *s = vine__waiter_sleeper(w);
  VINE_DCHECK(load_relaxed(&s->woken) == 0, "waiter: woken twice (WAITER1)");
  s->ret = ret;
  vine__san_release(s);
  store_release(&s->woken, 1); // pairs with vine__sleep
  vine__os_futex_wake(&s->woken, 1);
}

uint64_t vine__sleep(struct vine__sleeper *s) {
  if (load_acquire(&s->woken) == 0)
    vine__deadlock_before_start();
  while (load_acquire(&s->woken) == 0) // pairs with vine__waiter_wake
    vine__os_futex_wait(&s->woken, 0, -1);
  vine__san_acquire(s);
  return s->ret;
}

bool vine__sleep_until(struct vine__sleeper *s, int64_t deadline_ns) {
  while (load_acquire(&s->woken) == 0) { // pairs with vine__waiter_wake
    int64_t left = deadline_ns - vine__os_nanotime();
    if (left <= 0)
      return false;
    vine__os_futex_wait(&s->woken, 0, left);
  }
  return true;
}

_Noreturn void vine__block_forever(enum vine__wait_reason why) {
  struct g *g = vine__getg();
  if (g)
    vine__park(g, why, NULL, NULL);
  struct vine__sleeper s = {0, 0};
  for (;;)
    vine__sleep(&s);
}

void *vine__wait_record_alloc(size_t bytes) {
  void *p = vine__alloc(vine__own_cache(), bytes);
  if (!p)
    vine__fatal("out of memory: waiting, %zu bytes", bytes);
  return p;
}
