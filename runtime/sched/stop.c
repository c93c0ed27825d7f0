// SPDX-License-Identifier: MIT
// Stopping the world, and changing the number of processors.
//
// How it works (after Go's stopTheWorld and procresize). The stopper sets the
// state to PAUSING and takes the idle Ps. From then on a thread that comes to
// the scheduler gives its P back and sleeps, and every P that comes back is
// counted (vine__pidle_put_locked). The stopper meanwhile presses the others,
// again and again: a thread in foreign code, or on a fixed stack, loses its P
// at once, as to the watchdog; a goroutine in instrumented code is asked to
// give way at its next check. A P on its way to a thread that is being woken
// comes back when that thread first looks for work.
//
// While the world is stopped no goroutine runs instrumented code, no P is in
// use but the stopper's. Foreign code, fixed goroutines and plain threads go
// on; they have no P, so they can touch the global queue, timers' heaps and
// what else has a lock, and nothing more.
//
// A P that goes away keeps its struct, which the watchdog may be reading, and
// its number's counters, which sums over procs_made find. What it owned goes
// to others: queue, timers, free goroutines, cached memory.
//
// Invariants:
// (STOP1) stop_wait is the number of Ps below maxprocs, but for the stopper's,
//      that have not been given back since the state became PAUSING.
// (STOP2) maxprocs changes only while the world is stopped. A thread with a
//      P may read it, and allp below it, at will; others load it with acquire.
//
// Locking: ALLP says which thread stops the world. SYSMON and SCHED, each for
// moments, never while waiting. Runs on: system stack, or a plain thread's.
// Changing the number may park, behind another change.
//
// Rejected: raising the number without stopping (wrong from 1: RUNQ3 of
// runq.c), lowering it lazily, P by P (the call would return with more
// running).

#include "sched/stop.h"
#include "api/entry.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/bias.h"
#include "sched/freeze.h"
#include "sched/idle.h"
#include "sched/park.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/template.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "sched/waiter.h"

#include <errno.h>
#include <string.h>

// Between two rounds of pressing. A request can be lost, when it hits just as
// the thread switches goroutines.
#define PRESS_NS (50 * 1000ll)

// --- stopping ---

static void begin(struct m *self) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  uint32_t running = VINE_RUNNING;
  bool began = cas_acq_rel(&s->state, &running, VINE_PAUSING);
  if (running == VINE_FROZEN) // FREEZE3 of freeze.c; the lock stays locked
    vine__m_freeze(self, TRAP_NONE);
  VINE_ASSERT(began, "stop: not running");
  uint32_t wait = load_relaxed(&s->maxprocs) - (self && self->p ? 1 : 0);
  while (vine__pidle_get_locked())
    wait--;
  VINE_ASSERT(wait < load_relaxed(&s->maxprocs) + !self, "stop: more than all");
  store_relaxed(&s->stop_wait, wait); // STOP1
  vine__lock_release(&s->lock);
}

static void press(struct p *p) {
  struct m *m = load_acquire(&p->m); // pairs with acquirep
  if (!m)
    return;
  if (vine__m_call_sp(m) == 0 && vine__p_take(p, m))
    vine__handoffp(p);
  else
    vine__m_preempt(m);
}

static void press_all(struct m *self) {
  uint32_t n = load_acquire(&vine__sched.maxprocs);
  vine__lock_acquire(&vine__sysmon_lock);
  for (uint32_t i = 0; i < n; i++)
    if (!self || vine__sched.allp[i] != self->p)
      press(vine__sched.allp[i]);
  vine__lock_release(&vine__sysmon_lock);
}

void vine__world_stop(struct m *self) {
  _Atomic uint32_t *wait = &vine__sched.stop_wait;
  begin(self);
  uint32_t left;
  while ((left = load_acquire(wait)) != 0) { // pairs with pidle_put_locked
    if (vine__is_frozen())
      vine__m_freeze(self, TRAP_NONE);
    press_all(self);
    vine__os_futex_wait(wait, left, PRESS_NS);
  }
}

// Makes Ps without work idle; returns a chain of those that have some.
static struct p *distribute_locked(struct m *self) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "distribute: no lock");
  VINE_DCHECK(load_relaxed(&vine__sched.idle_p_count) == 0,
              "start: some were idle (IDLE3)");
  struct p *busy = NULL;
  for (uint32_t i = load_relaxed(&vine__sched.maxprocs); i-- > 0;) {
    struct p *p = vine__sched.allp[i];
    if (self && self->p == p)
      continue;
    VINE_ASSERT(!p->m, "start: a P is in use");
    if (vine__runq_is_empty(p)) {
      vine__pidle_put_locked(p);
    } else {
      p->idle_next = busy;
      busy = p;
    }
  }
  return busy;
}

static void leave_pausing_locked(struct m *self, enum vine__state to) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "start: no lock");
  uint32_t pausing = VINE_PAUSING;
  if (!cas_acq_rel(&vine__sched.state, &pausing, to)) // FREEZE3 of freeze.c
    vine__m_freeze(self, TRAP_NONE);
}

void vine__world_start(struct m *self) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  VINE_ASSERT(load_relaxed(&s->stop_wait) == 0, "start: not stopped (STOP1)");
  leave_pausing_locked(self, VINE_RUNNING);
  struct p *busy = distribute_locked(self);
  vine__lock_release(&s->lock);
  while (busy) {
    struct p *p = busy;
    busy = p->idle_next;
    vine__newm(p, false);
  }
  vine__wakep();        // for the global queue
  vine__timers_watch(); // the thread that watched them may have given up
}

// Whether m's thread is still one of ours. One in foreign code is not waited
// for: it ends when it comes back.
static bool is_about(struct m *m) {
  return load_acquire(&m->guard_addr) &&
         (vine__m_call_sp(m) != 0 || !vine__m_g(m));
}

static void wait_for_threads(void) {
  struct m *m = load_acquire(&vine__sched.all_m);
  for (; m; m = m->all_next)
    while (is_about(m)) {
      vine__m_wake(m); // it may just have gone to sleep
      vine__os_sleep(PRESS_NS);
    }
}

static void end(void) {
  struct vine__sched *s = &vine__sched;
  vine__world_stop(NULL);
  vine__lock_acquire(&s->lock);
  leave_pausing_locked(NULL, VINE_STOPPED);
  vine__lock_release(&s->lock);
  vine__timers_interrupt();
  vine__template_end();
  wait_for_threads();
}

// --- the set of Ps ---

int vine__procs_make(uint32_t n) {
  struct vine__sched *s = &vine__sched;
  VINE_ASSERT(0 < n && n <= VINE_MAXPROCS_MAX, "procs: no such number");
  for (uint32_t i = load_relaxed(&s->procs_made); i < n; i++) {
    struct p *p = vine__alloc(NULL, sizeof *p);
    if (!p)
      return -ENOMEM;
    memset(p, 0, sizeof *p);
    p->id = i;
    vine__cache_init(&p->cache);
    s->allp[i] = p;
    store_release(&s->procs_made, i + 1); // pairs with walks over all Ps
  }
  vine__timers_init(n);
  return 0;
}

// p goes away: what it owns becomes everybody's. The world is stopped.
static void dissolve(struct p *p, uint32_t n) {
  VINE_ASSERT(n <= p->id && !load_relaxed(&p->m), "dissolve: in use");
  vine__runq_drain(p);
  vine__timers_move(p->id, p->id % n);
  vine__gfree_drain(p);
  vine__cache_flush(&p->cache);
  VINE_DCHECK(vine__runq_is_empty(p) && p->gfree_count == 0 && !p->gfree_full,
              "dissolve: something is left");
}

static void resize(struct m *self, uint32_t n) {
  struct vine__sched *s = &vine__sched;
  VINE_ASSERT(load_relaxed(&s->stop_wait) == 0, "resize: not stopped (STOP2)");
  uint32_t old = load_relaxed(&s->maxprocs);
  store_release(&s->maxprocs, n); // STOP2; pairs with loads without a P
  if (self && self->p && self->p->id >= n) {
    vine__releasep(self);
    vine__acquirep(self, s->allp[0]);
  }
  for (uint32_t i = n; i < old; i++)
    dissolve(s->allp[i], n);
}

// --- vine_set_maxprocs ---

static struct vine__lock stop_lock = VINE_LOCK_INIT(ALLP);
static bool is_stopping;       // stop_lock
static struct turn *waiting;   // stop_lock: goroutines whose turn comes
static _Atomic uint32_t turns; // futex: plain threads wait for their turn

struct turn {
  struct g *g;
  struct turn *next;
  uint32_t n;
};

// Returns whether it is this one's turn. mine, of a goroutine, goes where whose
// turn it is finds it, does it, and wakes the goroutine with the result.
static bool try_turn(struct turn *mine) {
  vine__lock_acquire(&stop_lock);
  bool is_mine = !is_stopping;
  is_stopping = true;
  if (!is_mine && mine) {
    mine->next = waiting;
    waiting = mine;
    vine__park(mine->g, VINE_WAIT_STOP, vine__park_unlock, &stop_lock);
  }
  vine__lock_release(&stop_lock);
  return is_mine;
}

// Returns when it is this one's turn. A goroutine whose turn is another's task
// doesn't return.
static void wait_for_turn(struct g *g, int n) {
  struct turn *mine = g ? vine__wait_record_alloc(sizeof *mine) : NULL;
  if (g)
    *mine = (struct turn){.g = g, .n = (uint32_t)n};
  for (;;) {
    uint32_t turn = load_acquire(&turns);
    if (try_turn(mine))
      break;
    vine__os_futex_wait(&turns, turn, -1);
  }
  if (g)
    vine__wait_record_free(mine, sizeof *mine);
}

// The next goroutine that waits for its turn; else this one is over.
static struct turn *next_or_end(void) {
  vine__lock_acquire(&stop_lock);
  VINE_DCHECK(is_stopping, "stop: ended twice");
  struct turn *t = waiting;
  if (t)
    waiting = t->next;
  else
    is_stopping = false;
  vine__lock_release(&stop_lock);
  if (!t) {
    fetch_add_acq_rel(&turns, 1); // pairs with wait_for_turn
    vine__os_futex_wake(&turns, INT32_MAX);
  }
  return t;
}

void vine__stop_fork_child(void) { // any stopper stayed behind
  vine__lock_init(&stop_lock, VINE_RANK_ALLP);
  is_stopping = false;
  waiting = NULL;
}

// Returns the former number, or -ENOMEM.
static int change(struct m *self, uint32_t n) {
  int old = (int)load_relaxed(&vine__sched.maxprocs);
  if ((uint32_t)old == n)
    return old;
  if (vine__procs_make(n) != 0)
    return -ENOMEM;
  vine__world_stop(self);
  vine__bias_revoke();
  resize(self, n);
  vine__world_start(self);
  return old;
}

// Somebody had the turn: what others waited for is done, and the turn ended.
static void end_turn(struct m *self) {
  struct turn *t;
  while ((t = next_or_end()) != NULL) {
    struct turn turn = *t;
    vine__wait_record_free(t, sizeof *t);
    vine__ready(turn.g, (uint64_t)change(self, turn.n));
  }
}

bool vine__world_try_pause(struct m *self) {
  vine__lock_acquire(&stop_lock);
  bool is_mine = !is_stopping;
  is_stopping = true;
  vine__lock_release(&stop_lock);
  if (is_mine)
    vine__world_stop(self);
  return is_mine;
}

void vine__world_resume(struct m *self) {
  vine__world_start(self);
  end_turn(self);
}

void vine__world_end(void) {
  wait_for_turn(NULL, 0); // for ever: nobody gets another
  end();
}

int vine__set_maxprocs_sys(int n) {
  vine__check_running("vine_set_maxprocs");
  if (n > VINE_MAXPROCS_MAX)
    return -EINVAL;
  if (n < 1)
    return (int)load_relaxed(&vine__sched.maxprocs);
  struct g *g = vine__getg();
  wait_for_turn(g, n);
  struct m *self = g ? vine__getm() : NULL;
  int old = change(self, (uint32_t)n);
  end_turn(self);
  return old;
}
