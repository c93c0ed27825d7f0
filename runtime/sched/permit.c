// SPDX-License-Identifier: MIT
// vine_park and vine_ready: what channels and locks of others are built on.
//
// How it works. A goroutine has one permit. vine_ready gives it, or wakes the
// goroutine if that is parked; vine_park takes it, or parks. The permit and the
// parked state are under one lock: all sides are short. They are no flags of
// g: a waker may be any thread, while g's owner, or the watchdog that
// hibernates it, changes those.
//
// Locking: the lock, rank SEMA, held while the goroutine becomes WAITING and
// while a waker decides; nobody is woken under it.
// Runs on: system stack, or a plain thread's.
// Checked: tests/model/park.pml.

#include "sched/permit.h"
#include "api/entry.h"
#include "base/assert.h"
#include "base/fatal.h"
#include "gstatus.h"
#include "mem/lock.h"
#include "sched/park.h"
#include "sched/sched.h"

#include <vine/go.h>

#include <errno.h>

static struct vine__lock park_lock = VINE_LOCK_INIT(SEMA);

void vine__park_fork_child(void) {
  vine__lock_init(&park_lock, VINE_RANK_SEMA);
}

void vine__park_sys(void) {
  struct g *g = vine__getg();
  if (!g)
    vine__fatal("vine_park on a thread that runs no goroutine");
  vine__lock_acquire(&park_lock);
  VINE_ASSERT(g->parked != G_PARKED, "park: is parked, and runs");
  if (g->parked == G_PERMIT) {
    g->parked = 0;
    vine__lock_release(&park_lock);
    vine__san_acquire(&g->san);
    return;
  }
  g->parked = G_PARKED;
  vine__park(g, VINE_WAIT_PARK, vine__park_unlock, &park_lock);
}

int vine__ready_sys(vine_g h) {
  struct g *g = h.g;
  if (!g)
    return -ESRCH;
  vine__lock_acquire(&park_lock);
  uint32_t s = vine__g_status(g);
  if (vine__g_goid(g) != h.goid || s == G_DEAD || s == G_GONE || s == G_IDLE) {
    vine__lock_release(&park_lock);
    return -ESRCH;
  }
  vine__san_release(&g->san);
  bool parked = g->parked == G_PARKED;
  VINE_DCHECK(!parked || (s & ~(uint32_t)G_SCAN) == G_WAITING,
              "ready: parked, but doesn't wait");
  VINE_DCHECK(!parked || g->reason == VINE_WAIT_PARK,
              "ready: waits for something else");
  g->parked = parked ? 0 : G_PERMIT;
  vine__lock_release(&park_lock);
  if (parked)
    vine__ready(g, 0);
  return 0;
}
