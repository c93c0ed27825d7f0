// SPDX-License-Identifier: MIT
// include/vine/time.h: clock, sleep, timers with channels, tickers.
//
// How it works. A timer of the program is a timer of the runtime (timer.h)
// with a channel of one slot, into which fn puts the time without blocking. A
// ticker starts itself again, from its last deadline and not from now, so it
// doesn't drift; ticks that are missed are skipped.
//
// No stale values (Go 1.23). Stop, reset and free first halt the timer: it is
// not queued, fn is not running, and the channel is empty. They then hold the
// timer's lock, without which nothing starts it, so it stays halted. If a
// ticker's fn has started it between the stop and the lock they stop it again.
//
// Invariants:
// (TIME1) The runtime's timer is started under t->lock only, and only while t
//      is not freed.
// (TIME2) Only fn sends to t->c, and it runs in one thread at a time.
//
// Locking: t->lock, rank TIMEOBJ; channels' and heaps' locks inside.
// Runs on: system stack, plain threads; fn on a worker's system stack.
// Allocates the records.
// Rejected: Go's lock held while sending instead of waiting for fn (a free
// must wait for fn in any case).
// See also: timer.c.

#include "api/entry.h"
#include "base/export.h"
#include "base/fatal.h"
#include "os/os.h"
#include "sched/park.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/spawn.h"
#include "sched/timer.h"
#include "sched/waiter.h"
#include "sync/chan.h"

#include <vine.h>

#include <string.h>

struct timer {
  struct vine_timer pub; // first: the program has its address
  struct vine__timer t;
  struct vine__chan_owner owner; // of its channel
  struct vine__lock lock;
  int64_t period_ns; // 0: once
  void (*fn)(void *);
  void *arg;
  bool is_after; // vine_after's: freed with its channel
  uint16_t mask; // that fn has: its maker's (sched/sigmask.h)
};
_Static_assert(offsetof(struct timer, pub) == 0,
               "the program has the public part's address");
_Static_assert(sizeof(struct vine_timer) == sizeof(struct vine_ticker),
               "tickers are timers");

static bool timer_is_valid(const struct timer *t) {
  const struct vine_chan *c = t->pub.c;
  if (!c || t->fn)
    return !c && t->fn && !t->period_ns && !t->is_after;
  return c->cap == 1 && c->owner == &t->owner && t->period_ns >= 0 &&
         !(t->is_after && t->period_ns);
}

// --- the clock, and sleeping ---

VINE_EXPORT int64_t vine_now(void) { return vine__os_nanotime(); }

static void sleep_thread(int64_t when) {
  for (;;) {
    int64_t left = when - vine__os_nanotime();
    if (left <= 0)
      return;
    vine__os_sleep(left);
  }
}

void vine__sleep_until_sys(int64_t deadline_ns) {
  struct g *g = vine__getg();
  if (deadline_ns <= vine__os_nanotime())
    return;
  if (!g)
    sleep_thread(deadline_ns);
  else
    vine__park(g, VINE_WAIT_SLEEP, vine__timers_park,
               (void *)(intptr_t)deadline_ns);
}

void vine__sleep_sys(int64_t ns) {
  if (ns > 0)
    vine__sleep_until_sys(vine__deadline_after(ns));
}

// --- firing ---

static struct timer *timer_of(struct vine__timer *rt) {
  struct timer *t = VINE_CONTAINER(rt, struct timer, t);
  VINE_DCHECK(timer_is_valid(t), "time: fires in pieces");
  return t;
}

static void send_now(struct vine_chan *c) {
  int64_t now = vine__os_nanotime();
  vine__chan_try_send_sys(c, &now, sizeof now); // full: dropped
}

static void fire_once(struct vine__timer *rt) { send_now(timer_of(rt)->pub.c); }

static void fire_func(struct vine__timer *rt) {
  struct timer *t = timer_of(rt);
  VINE_DCHECK(t->fn, "time: no function");
  if (load_acquire(&vine__sched.state) == VINE_STOPPED)
    return; // vine_shutdown
  if (vine__spawn_as(t->fn, t->arg, t->mask))
    vine__fatal("out of memory: starting a goroutine");
}

// The next multiple of the period that is not yet over.
static int64_t next_tick(const struct timer *t) {
  int64_t late = vine__os_nanotime() - t->t.when_ns;
  int64_t next;
  VINE_DCHECK(t->period_ns > 0, "time: a tick without a period");
  VINE_DCHECK(late >= 0, "time: ticked early");
  if (__builtin_mul_overflow(1 + late / t->period_ns, t->period_ns, &next) ||
      __builtin_add_overflow(t->t.when_ns, next, &next))
    return VINE_NEVER;
  return next;
}

static void fire_tick(struct vine__timer *rt) {
  struct timer *t = timer_of(rt);
  send_now(t->pub.c);
  // Last: once it is started again another thread may run it, whose slot then
  // stands for it, and it may be freed while this call still runs.
  vine__lock_acquire(&t->lock);
  VINE_DCHECK(!load_relaxed(&rt->heap), "TIME1: started by another");
  vine__timer_start(rt, next_tick(t), fire_tick, NULL);
  vine__lock_release(&t->lock);
}

static void start_locked(struct timer *t, int64_t ns) { // TIME1
  VINE_DCHECK(vine__lock_is_held(&t->lock), "TIME1: timer not locked");
  VINE_DCHECK(vine__timer_is_idle(&t->t), "TIME1: started before it halted");
  VINE_DCHECK(timer_is_valid(t), "time: started in pieces");
  void (*fire)(struct vine__timer *) = t->fn          ? fire_func
                                       : t->period_ns ? fire_tick
                                                      : fire_once;
  vine__timer_start(&t->t, vine__deadline_after(ns > 0 ? ns : 0), fire, NULL);
}

// Takes t->lock. True if t was to fire, or to be received from.
static bool halt_and_lock(struct timer *t) {
  bool stopped = false;
  for (;;) {
    stopped |= vine__timer_stop_sync(&t->t);
    vine__lock_acquire(&t->lock);
    if (vine__timer_is_idle(&t->t))
      break;
    vine__lock_release(&t->lock);
  }
  VINE_DCHECK(timer_is_valid(t), "time: halted in pieces");
  if (t->pub.c && vine__chan_try_recv_sys(t->pub.c, NULL, 0) > 0)
    stopped = true;
  return stopped;
}

// --- making and freeing ---

static void on_chan_free(struct vine__chan_owner *o);

static struct timer *timer_make(const char *what, bool has_chan) {
  vine__check_running(what);
  struct timer *t = vine__alloc(vine__own_cache(), sizeof *t);
  if (!t)
    vine__fatal("out of memory: timer");
  memset(t, 0, sizeof *t);
  vine__lock_init(&t->lock, VINE_RANK_TIMEOBJ);
  if (has_chan) {
    t->pub.c = vine__chan_new_sys(sizeof(int64_t), VINE_ELEM_INT, 1);
    t->owner.on_free = on_chan_free;
    t->pub.c->owner = &t->owner;
  }
  return t;
}

static vine_timer_t timer_go(struct timer *t, int64_t ns) {
  vine__lock_acquire(&t->lock);
  start_locked(t, ns);
  vine__lock_release(&t->lock);
  return &t->pub;
}

vine_timer_t vine__timer_new_sys(int64_t ns) {
  return timer_go(timer_make("vine_timer_new", true), ns);
}

vine_timer_t vine__after_func_sys(int64_t ns, void (*fn)(void *), void *arg) {
  if (!fn)
    vine__fatal("go of nil func value");
  struct timer *t = timer_make("vine_after_func", false);
  t->fn = fn;
  t->arg = arg;
  t->mask = vine__mask_of_child();
  return timer_go(t, ns);
}

static struct timer *checked(void *pub, const char *what) {
  if (!pub)
    vine__fatal("time: %s called on uninitialized Timer", what);
  return (struct timer *)pub;
}

bool vine__timer_stop_sys(vine_timer_t pub) {
  struct timer *t = checked(pub, "Stop");
  bool stopped = halt_and_lock(t);
  vine__lock_release(&t->lock);
  return stopped;
}

bool vine__timer_reset_sys(vine_timer_t pub, int64_t ns) {
  struct timer *t = checked(pub, "Reset");
  bool stopped = halt_and_lock(t);
  start_locked(t, ns);
  vine__lock_release(&t->lock);
  return stopped;
}

void vine__timer_free_sys(vine_timer_t pub) {
  struct timer *t = (struct timer *)pub;
  if (!t)
    return;
  halt_and_lock(t);
  vine__lock_release(&t->lock);
  if (t->pub.c) {
    t->pub.c->owner = NULL;
    vine__chan_free_sys(t->pub.c);
  }
  vine__free(vine__own_cache(), t, sizeof *t);
}

vine_chan_t vine__after_sys(int64_t ns) {
  struct timer *t = timer_make("vine_after", true);
  t->is_after = true;
  return timer_go(t, ns)->c;
}

static void on_chan_free(struct vine__chan_owner *o) {
  struct timer *t = VINE_CONTAINER(o, struct timer, owner);
  if (!t->is_after)
    vine__fatal("free of a timer's channel: free the timer");
  vine__timer_free_sys(&t->pub);
}

// --- tickers ---

static int64_t checked_period(int64_t ns, const char *what) {
  if (ns <= 0)
    vine__fatal("non-positive interval for %s", what);
  return ns;
}

vine_ticker_t vine__ticker_new_sys(int64_t period_ns) {
  checked_period(period_ns, "NewTicker");
  struct timer *t = timer_make("vine_ticker_new", true);
  t->period_ns = period_ns;
  return (vine_ticker_t)timer_go(t, period_ns);
}

void vine__ticker_stop_sys(vine_ticker_t pub) {
  struct timer *t = checked(pub, "Stop");
  halt_and_lock(t);
  vine__lock_release(&t->lock);
}

void vine__ticker_reset_sys(vine_ticker_t pub, int64_t period_ns) {
  checked_period(period_ns, "Ticker.Reset");
  struct timer *t = checked(pub, "Reset");
  halt_and_lock(t);
  t->period_ns = period_ns;
  start_locked(t, period_ns);
  vine__lock_release(&t->lock);
}

void vine__ticker_free_sys(vine_ticker_t pub) {
  vine__timer_free_sys((vine_timer_t)pub);
}
