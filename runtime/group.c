// SPDX-License-Identifier: MIT
// include/vine/group.h. A counter and a list of waiters under a spin lock
// that fits the first word of the struct.
//
// A waiter is a goroutine (parked) or a plain thread (asleep in a futex); its
// record lives in the struct g's waiting word or on the thread's stack.

#include "fatal.h"
#include "os/os.h"
#include "park.h"
#include "sched.h"

#include <vine.h>

struct thread_waiter {
  struct thread_waiter *next;
  _Atomic uint32_t woken;
};

// Waiters: goroutines are linked by g->next (they are in no queue while they
// wait), threads by their own records; the low bit of the word tells them apart.
#define IS_THREAD 1ull

_Static_assert(sizeof(struct vine__lock) <= sizeof(void *), "vine_group.lock");

static struct vine__lock *lock_of(vine_group *wg) {
  return (struct vine__lock *)&wg->lock;
}

static void wake_all(uintptr_t w) {
  while (w) {
    if (w & IS_THREAD) {
      struct thread_waiter *t = (struct thread_waiter *)(w & ~IS_THREAD);
      w = (uintptr_t)t->next;
      store_release(&t->woken, 1); // pairs with wait_thread; t is gone now
      vine__os_futex_wake(&t->woken, 1);
    } else {
      struct g *g = (struct g *)w;
      w = (uintptr_t)g->waiting;
      g->waiting = NULL;
      vine__ready(g, 0);
    }
  }
}

void vine__group_add_sys(vine_group *wg, int64_t n) {
  struct vine__lock *l = lock_of(wg);
  vine__lock_acquire(l);
  int64_t count = wg->count += n;
  uintptr_t waiters = 0;
  if (count == 0) {
    waiters = (uintptr_t)wg->waiters;
    wg->waiters = NULL;
  }
  vine__lock_release(l);
  if (count < 0)
    vine__fatal("sync: negative WaitGroup counter");
  wake_all(waiters);
}

void vine__group_done_sys(vine_group *wg) {
  vine__group_add_sys(wg, -1);
}

static void wait_thread(vine_group *wg) {
  struct thread_waiter t = {wg->waiters, 0};
  wg->waiters = (void *)((uintptr_t)&t | IS_THREAD);
  vine__lock_release(lock_of(wg));
  while (load_acquire(&t.woken) == 0) // pairs with wake_all
    vine__os_futex_wait(&t.woken, 0, -1);
}

void vine__group_wait_sys(vine_group *wg) {
  struct g *g = vine__getg();
  vine__lock_acquire(lock_of(wg));
  if (wg->count == 0) {
    vine__lock_release(lock_of(wg));
    return;
  }
  if (!g) {
    wait_thread(wg);
    return;
  }
  g->waiting = wg->waiters;
  wg->waiters = g;
  vine__park(g, VINE_WAIT_GROUP, vine__park_unlock, lock_of(wg));
}
