// SPDX-License-Identifier: MIT
// The watchdog thread: takes processors from threads that are stuck in foreign
// code, asks goroutines that ran for 10 ms to give way, shrinks and hibernates
// stacks, and keeps the coarse clock. After Go's sysmon.
//
// How it works. It sleeps 20 us, twice as long each time nothing was to do
// after 50 rounds, up to 10 ms; when all processors are idle up to 50 ms.
// Taking a P (retake) is the heavy side of the protocol in foreign.S:
//   1) m->retake = 1
//   2) membarrier: every thread of the process executes a full barrier
//   3) m->call_sp still 0? Then the thread is in foreign code, and on its way
//      out it will see retake: the P is ours. Else: take retake back.
// All under the scheduler's lock, which the thread takes too when it sees
// retake.
//
// Runs on: a thread that is no M. Allocates (hibernation).

#include "deadlock.h"
#include "os/os.h"
#include "sched.h"
#include "schedtrace.h"
#include "stack.h"
#include "timer.h"

#include <pthread.h>
#include <signal.h>

#define SLICE_NS (10 * 1000 * 1000ll) // of a goroutine, as Go's
#define FOREIGN_NS (20 * 1000ll)      // before a P is taken
#define SLEEP_MIN_NS (20 * 1000ll)
#define SLEEP_MAX_NS (10 * 1000 * 1000ll)
#define SLEEP_IDLE_NS (50 * 1000 * 1000ll)

static _Atomic uint32_t never;

struct vine__lock vine__sysmon_lock = VINE_LOCK_INIT(SYSMON);

bool vine__p_take(struct p *p, struct m *m) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  bool taken = false;
  if (p->m == m && m->p == p && m->g) {
    store_seq_cst(&m->retake, 1);
    vine__os_membarrier();
    taken = *(volatile uintptr_t *)&m->call_sp == 0;
    if (taken) {
      m->p = NULL;
      p->m = NULL;
    } else {
      store_seq_cst(&m->retake, 0);
    }
  }
  vine__lock_release(&s->lock);
  return taken;
}

// Poisons both copies of the guard: the thread's, which checks compare with,
// and the goroutine's, from which the thread's is written after every foreign
// call. Only ordinary guards are replaced, by compare and swap: their owner
// writes them by plain stores, and those win. A lost request is repeated at
// the next round; one that hits another goroutine costs it a yield.
static void poison(volatile uintptr_t *word) {
  _Atomic uintptr_t *guard = (_Atomic uintptr_t *)(uintptr_t)word;
  uintptr_t v = load_relaxed(guard);
  bool is_ordinary = v == (uintptr_t)VINE_GUARD_MOVE || v < (uintptr_t)-16;
  if (v != 0 && is_ordinary)
    cas_relaxed(guard, &v, (uintptr_t)VINE_GUARD_PREEMPT);
}

void vine__m_preempt(struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sysmon_lock), "preempt: M3");
  struct g *g = *(struct g *volatile *)&m->g;
  if (!g || !m->guard_addr || g->kind != G_GROWABLE)
    return;
  poison(&g->guard);
  poison(m->guard_addr);
}

// For p: a runnable goroutine; or a timer, when one is due.
static bool is_any_waiting(struct p *p, bool due) {
  return load_relaxed(&p->head) != load_relaxed(&p->tail) ||
         load_relaxed(&p->runnext) ||
         load_relaxed(&vine__sched.runq_count) != 0 || due;
}

// One look at a P; true when something was done.
static bool look_at(struct p *p, int64_t now) {
  struct m *m = *(struct m *volatile *)&p->m;
  if (!m || !m->guard_addr)
    return false;
  bool due = vine__timers_nudge(p->id, now);
  if (due) // a lost store is repeated at the next round
    store_relaxed(&m->fast_left, 0);
  uint32_t tick = load_relaxed(&p->tick);
  uintptr_t call_sp = *(volatile uintptr_t *)&m->call_sp;
  if (tick != p->sysmon_tick) {
    p->sysmon_tick = tick;
    p->sysmon_when = now;
    return false;
  }
  if (now - p->sysmon_when >= SLICE_NS && is_any_waiting(p, due))
    vine__m_preempt(m);
  if (call_sp != 0 || !m->g || now - p->sysmon_when < FOREIGN_NS)
    return false;
  bool others = load_relaxed(&vine__sched.idle_p_count) != 0 ||
                load_relaxed(&vine__sched.spinning) != 0;
  if (!is_any_waiting(p, due) && others && now - p->sysmon_when < SLICE_NS)
    return false;
  if (!vine__p_take(p, m))
    return false;
  store_relaxed(&p->tick, tick + 1);
  vine__handoffp(p);
  return true;
}

static bool round_over_ps(int64_t now) {
  bool any = false;
  uint32_t n = load_acquire(&vine__sched.maxprocs); // pairs with stop.c
  vine__lock_acquire(&vine__sysmon_lock);
  for (uint32_t i = 0; i < n; i++)
    any |= look_at(vine__sched.allp[i], now);
  vine__lock_release(&vine__sysmon_lock);
  return any;
}

static void *sysmon_main(void *arg) {
  (void)arg;
  struct vine__sched *s = &vine__sched;
  int64_t sleep_ns = SLEEP_MIN_NS;
  int idle_rounds = 0;
  while (load_acquire(&s->state) != VINE_STOPPED) {
    vine__os_futex_wait(&never, 0, sleep_ns);
    int64_t now = vine__os_nanotime();
    store_relaxed(&s->now_ns, now);
    if (round_over_ps(now)) {
      idle_rounds = 0;
      sleep_ns = SLEEP_MIN_NS;
    } else if (++idle_rounds > 50) {
      bool all_idle =
          load_relaxed(&s->idle_p_count) == load_relaxed(&s->maxprocs);
      int64_t max = all_idle ? SLEEP_IDLE_NS : SLEEP_MAX_NS;
      sleep_ns = sleep_ns * 2 < max ? sleep_ns * 2 : max;
    }
    vine__stack_scavenge(now);
    vine__schedtrace(now);
    if (sleep_ns >= SLEEP_MAX_NS)
      vine__deadlock_check();
  }
  return NULL;
}

void vine__sysmon_start(void) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t t;
  int err = vine__thread_create(&t, sysmon_main, NULL);
  if (err)
    vine__no_thread(err);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}
