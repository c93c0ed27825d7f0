// SPDX-License-Identifier: MIT
// The scheduler: which goroutine a thread runs next.
//
// How it works (after Go's proc.go, which has the long story). A thread (M)
// that has a processor (P) runs goroutines: the P's runnext, its queue, the
// global queue (looked at every 61st time even when the local one isn't
// empty), then half of another P's queue. A thread that finds nothing gives
// the P back and sleeps in a futex.
//
// Invariants:
// (SCHED1) A goroutine with g->held runs on that thread only: a thread that
//      picks it hands over its P and sleeps.
//
// While the state is FROZEN no thread takes a goroutine off a queue any more
// (freeze.c): each looks at the state between having one and having the next.
//
// Checked: tests/model/handoff.pml (SCHED1).
//
// Runs on: system stack.
//
// See also: runq.c, the queues; idle.c, threads without work and how they are
// woken; yield.c, the way past all this; park.c; stop.c.

#include "sched/sched.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/debugflags.h"
#include "base/fatal.h"
#include "gstatus.h"
#include "gvalid.h"
#include "sched/fpenv.h"
#include "sched/freeze.h"
#include "sched/idle.h"
#include "sched/keep.h"
#include "sched/pollhook.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/sigmask.h"
#include "sched/thread.h"
#include "sched/ticks.h"
#include "sched/timer.h"
#include "sched/turns.h"
#include "sched/valid.h"
#include "sched/yield.h"
#include "stack/shrink.h"

struct vine__sched vine__sched = {.lock = VINE_LOCK_INIT(SCHED), .goid = 1};

uint64_t vine__rand(struct m *m) { // xorshift64*, Vigna 2016
  uint64_t x = m->rng;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  m->rng = x;
  return x * 0x2545f4914f6cdd1dull;
}

void vine__not_running(const char *what) {
  uint32_t s = load_acquire(&vine__sched.state);
  if (s == VINE_OFF)
    vine__fatal("%s before the runtime was started: call vine_init first",
                what);
  if (s == VINE_STOPPED)
    vine__fatal("%s after vine_shutdown", what);
}

// --- making runnable ---

static inline __attribute__((always_inline)) void
put_own(struct m *m, struct g *g, bool next) {
  VINE_DCHECK(!g->held, "ready: bound to a thread (SCHED1)");
  VINE_DCHECK(vine__g_is_stopped(g), "ready: a broken goroutine");
  vine__runq_put(m, vine__m_p(m), g, next);
  if (vine__runq_is_alone()) // this P runs: there is none to wake
    return;
  if (next && !vine__debug.seed)
    vine__wakep_ordered();
  else
    vine__wakep();
}

void vine__sched_ready_own(struct m *m, struct g *g, bool next) {
  put_own(m, g, next);
}

void vine__sched_ready(struct g *g, bool next) {
  struct m *m = vine__getm();
  if (vine__own_p() && !g->held) {
    put_own(m, g, next);
    return;
  }
  vine__globrunq_put(g);
  vine__wakep();
}

// Each goroutine that this thread makes runnable it would itself run next, but
// for the first: others may take those.
void vine__sched_ready_list(struct g *list) {
  struct m *m = vine__getm();
  struct p *p = vine__own_p();
  uint32_t own = 0;
  while (list) {
    struct g *g = list;
    list = g->next;
    vine__san_release(&g->san);
    if (!vine__g_make_runnable(g))
      continue;
    g->ret = 0;
    if (p && !g->held) {
      vine__runq_put(m, p, g, false);
      own++;
    } else {
      vine__sched_ready(g, false);
    }
  }
  if (own && (own > 1 || vine__m_g(m)))
    vine__wakep();
}

// --- finding work ---

static struct g *steal_work(struct m *m) {
  uint32_t n = load_relaxed(&vine__sched.maxprocs);
  struct p *mine = vine__m_p(m);
  VINE_DCHECK(m->spinning && vine__runq_looks_empty(mine), "steal: has work");
  for (int round = 0; round < 4; round++) {
    uint32_t start = (uint32_t)(vine__rand(m) % n);
    for (uint32_t i = 0; i < n; i++) {
      struct p *p = vine__sched.allp[(start + i) % n];
      struct g *g = p == mine ? NULL : vine__runq_steal(mine, p, round == 3);
      if (!g && round == 3 && vine__timers_run(p->id))
        g = vine__runq_get_any(mine);
      if (g)
        return g;
    }
  }
  return NULL;
}

// Any order must be right: rotates the queue, if VINEDEBUG=seed asks for it.
static __attribute__((noinline)) void shuffle(struct m *m) {
  if ((vine__rand(m) & 3) != 0)
    return;
  struct g *g = vine__runq_get_any(vine__m_p(m));
  if (g)
    vine__runq_put_tail(vine__m_p(m), g);
}

// The last tick is taken: the first of the global queue has waited for that.
// Not if it was preempted, and most of those that ran since inherited their
// slice: they are a few that wake each other, for microseconds, and it would
// run for a slice of 10 ms each time. They are preempted at the end of theirs.
// Fast yields, which sysmon may have ended, are allowed again.
static __attribute__((noinline)) struct g *check_global(struct m *m) {
  struct p *p = vine__m_p(m);
  bool is_chain = vine__ticks_refill(p) < VINE_TICKS / 2;
  vine__yield_allow(m);
  return is_chain ? vine__globrunq_get_woken(p) : vine__globrunq_get(p, 1);
}

// What runs next inherits the time slice of what made it runnable, as in Go:
// else two that wake each other would keep this P for ever.
static inline __attribute__((always_inline)) struct g *find_local(struct m *m) {
  struct p *p = vine__m_p(m);
  struct g *g;
  vine__timers_check(p);
  if (load_relaxed(&p->ticks_left) == 0 && (g = check_global(m)) != NULL)
    goto fresh;
  if (__builtin_expect(vine__debug.seed != 0, 0))
    shuffle(m);
  if ((g = vine__runq_get_next(p)) != NULL) {
    vine__ticks_inherit(p);
    return g;
  }
  if ((g = vine__runq_get(p)) == NULL &&
      (g = vine__globrunq_get(p, VINE_RUNQ / 2)) == NULL)
    return NULL;
fresh:
  vine__ticks_take(p);
  return g;
}

// The world is being stopped: gives the P back and waits for another one.
static void pause_here(struct m *m) {
  struct vine__sched *s = &vine__sched;
  if (m->spinning)
    vine__spinning_end(m);
  vine__lock_acquire(&s->lock);
  bool is_pausing = load_relaxed(&s->state) == VINE_PAUSING;
  if (is_pausing)
    vine__pidle_put_locked(vine__releasep(m));
  vine__lock_release(&s->lock);
  if (is_pausing)
    vine__sleep_idle(m);
}

// For what didn't come by find_local, from this P or another.
static void take_tick(struct m *m) {
  struct p *p = vine__m_p(m);
  if (load_relaxed(&p->ticks_left) == 0)
    vine__ticks_refill(p);
  vine__ticks_take(p);
}

// Whether some other P has work that this thread might take. It isn't exact:
// what comes meanwhile is found by vine__go_idle.
static bool is_any_to_steal(struct m *m) {
  uint32_t n = load_relaxed(&vine__sched.maxprocs);
  struct p *mine = vine__m_p(m);
  for (uint32_t i = 0; i < n; i++) {
    struct p *p = vine__sched.allp[i];
    if (p != mine && !vine__runq_looks_empty(p))
      return true;
  }
  return false;
}

// Whether to look for what is ready before stealing, or going to sleep in the
// poller, which looks, too: one system call, not two. What can be stolen comes
// first if somebody has looked a moment ago. But a sleep may be two more calls.
static bool looks_first(struct m *m) {
  return is_any_to_steal(m) ? !vine__poll_was_now()
                            : load_relaxed(&vine__signals_matter);
}

static __attribute__((noinline)) struct g *find_runnable(struct m *m) {
  struct vine__sched *s = &vine__sched;
  for (;;) {
    VINE_DCHECK(vine__m_is_valid(m) && vine__m_p(m), "schedule: without a P");
    uint32_t state = load_acquire(&s->state);
    if (state == VINE_STOPPED)
      vine__m_exit(m);
    if (state == VINE_FROZEN)
      vine__m_freeze(m, TRAP_NONE);
    if (state == VINE_PAUSING) {
      pause_here(m);
      continue;
    }
    struct g *g = find_local(m);
    if (g)
      return g;
    struct g *ready = looks_first(m) ? vine__poll_now() : NULL;
    if (ready) {
      vine__sched_ready_list(ready);
      continue;
    }
    if (load_relaxed(&vine__masks_differ)) // before it takes anybody's signals
      vine__m_block_signals(m);
    uint32_t busy = load_relaxed(&s->maxprocs) - load_relaxed(&s->idle_p_count);
    if (m->spinning || 2 * load_relaxed(&s->spinning) < busy) {
      if (!m->spinning) {
        m->spinning = true;
        fetch_add_seq_cst(&s->spinning, 1);
      }
      g = steal_work(m);
      if (g) {
        take_tick(m);
        return g;
      }
    }
    if (!vine__go_idle(m))
      vine__sleep_idle(m);
  }
}

// --- running ---

static __attribute__((noinline)) void wake_up(struct m *m, struct g *g,
                                              struct p *p) {
  if (g->flags & G_FLAG_HIBERNATED)
    vine__stack_wake(g, &p->cache);
  if (g->flags & G_FLAG_FP)
    vine__fp_enter(g);
  if (vine__mask_matters(m, g))
    vine__mask_enter(m, g);
}

static inline __attribute__((always_inline)) _Noreturn void
execute(struct m *m, struct g *g) {
  struct p *p = m->p;
  const uint8_t rare = G_FLAG_HIBERNATED | G_FLAG_FP | G_FLAG_MASK;
  if (__builtin_expect((g->flags | m->mask_flag) & rare, 0))
    wake_up(m, g, p);
  VINE_DCHECK(vine__g_status(g) == G_RUNNABLE, "execute: can't run");
  VINE_DCHECK(vine__g_is_stopped(g), "execute: a broken goroutine");
  VINE_DCHECK(!g->held || g->held == m, "execute: another's (SCHED1)");
  VINE_DCHECK(vine__m_is_valid(m) && !m->spinning, "execute: a broken thread");
  VINE_DCHECK(vine__p_is_valid(p), "execute: a broken processor");
  VINE_DCHECK(!m->nextp && m->trap == TRAP_NONE, "execute: handed over late");
  VINE_XCHECK(vine__runq_is_valid(p), "execute: some can't run (RUNQ2)");
  store_release(&m->g, g); // pairs with vine__m_preempt in sysmon.c
  *m->errno_addr = g->err;
  vine__san_release_own(&m->call_sp); // pairs with take in sysmon.c
  vine__san_run(&m->san, &g->san, g->lo, g->hi);
  vine__gogo(g, m);
}

// g may only run on g->held: give that thread our P, and wait for another.
static void start_held(struct m *m, struct g *g) {
  struct m *to = g->held;
  VINE_DCHECK(to != m && to->held == g, "start: not bound to it (SCHED1)");
  vine__turn_pass(vine__m_p(m));
  struct p *p = vine__releasep(m);
  to->nextp = p;
  vine__m_wake(to);
  vine__sleep_idle(m);
}

// This thread has a goroutine of its own on its stack: it can run no other.
// Waits for a P that comes with it.
static __attribute__((noinline)) _Noreturn void schedule_held(struct m *m) {
  struct g *g = m->held;
  VINE_DCHECK(g->held == m, "schedule: not bound to it (SCHED1)");
  if (vine__m_p(m))
    vine__handoffp(vine__releasep(m));
  vine__stopm_for_p(m);
  vine__keep_end(m);
  take_tick(m);
  execute(m, g);
}

static __attribute__((noinline)) _Noreturn void schedule_slow(struct m *m) {
  for (;;) {
    struct g *g = find_runnable(m);
    if (m->spinning) {
      vine__spinning_end(m);
      vine__wakep();
    }
    if (!g->held) {
      if (vine__mask_matters(m, g)) // unblocking is to bring its mask
        vine__mask_enter(m, g);
      vine__m_unblock_signals(m);
      vine__keep_forget(m);
      execute(m, g);
    }
    start_held(m, g);
  }
}

// A goroutine whose thread had waited for this P is done with it.
static __attribute__((noinline)) void end_turn(struct m *m) {
  struct g *g = vine__turn_next(vine__m_p(m));
  if (g) {
    start_held(m, g);
    schedule_slow(m);
  }
}

_Noreturn void vine__schedule_first(struct m *m) {
  vine__yield_allow(m);
  if (m->held) // main's, when all Ps are taken
    schedule_held(m);
  if (!m->p)
    vine__sleep_idle(m);
  schedule_slow(m);
}

_Noreturn void vine__schedule(struct m *m) {
  VINE_DCHECK(!m->g && !m->spinning, "schedule: has a goroutine, or spins");
  vine__lock_check_none_held();
  if (m->held)
    schedule_held(m);
  VINE_DCHECK(vine__m_p(m), "schedule: without a P");
  if (load_relaxed(&vine__sched.state) == VINE_RUNNING) {
    if (__builtin_expect(m->p->turn == TURN_BACK, 0))
      end_turn(m);
    struct g *g = find_local(m);
    if (g && !g->held) {
      vine__keep_forget(m);
      execute(m, g);
    }
    if (g)
      start_held(m, g);
  }
  schedule_slow(m);
}

_Noreturn void vine__reschedule(struct m *m, struct g *g, bool global) {
  VINE_DCHECK(vine__m_is_valid(m) && vine__m_g(m) == g, "reschedule: not it");
  vine__g_save(m, g);
  if (global && !g->held && vine__keep_begin(m))
    vine__g_bind(m, g, true);
  if (!(g->flags & G_FLAG_TRAPPED))
    g->ret = 0;
  VINE_DCHECK(vine__g_is_stopped(g), "reschedule: a broken goroutine");
  store_relaxed(&m->g, NULL);
  if (global || g->held) {
    // What runs alone may be preempted too: the thread that it leaves would
    // take its signals until it sleeps.
    vine__m_block_signals(m);
    vine__globrunq_put(g); // g may run elsewhere from here on
    // Also when this P runs something else next: a thread that goes idle may
    // have looked here before, and into this P's queue after (IDLE1).
    vine__wakep();
  } else {
    vine__runq_put(m, vine__m_p(m), g, false);
  }
  if (load_relaxed(&m->signals_blocked) && !m->held)
    schedule_slow(m); // which unblocks them
  vine__schedule(m);
}
