// SPDX-License-Identifier: MIT
// The watchdog thread: takes processors from threads that are stuck in foreign
// code, asks goroutines that ran for 10 ms to give way, shrinks and hibernates
// stacks, and keeps the coarse clock. After Go's sysmon.
//
// How it works. It sleeps 20 us, twice as long each time nothing was to do
// after 5 rounds, up to 1 ms; when all processors were idle for 5 rounds up to
// 50 ms, and then the first one that becomes busy wakes it: a server that
// sleeps between two requests is not to wake it each time. (Go's sleeps up to
// 10 ms: a ticker of 1 ms would miss ten ticks when all threads block at once.
// Its 50 rounds are too many here: a P is taken now and then from a thread that
// the kernel preempted in a send, and a round costs two switches of threads.)
// While no processor is idle nobody waits for timers (timer.c): then it wakes
// up when the first one is due, to see that somebody can run it.
//
// It starts late: a program of one goroutine is to have one thread. The C
// library then takes no locks, and unshare(CLONE_NEWUSER) works. What it is
// for begins with
//   a second goroutine   may want the P that main's has, in a foreign call or
//                        a loop
//   a timer              may be due meanwhile. (For a goroutine that sleeps its
//                        thread waits.)
//   a second thread      takes no signals while it is idle
// and vine__sysmon_need stands there. Until then the one thread takes signals
// while it sleeps, and looks for a deadlock itself (vine__m_sleep). So in a
// forked child.
//
// Short foreign calls are left alone. When it first meets a thread in foreign
// code it marks the guard word, which is FOREIGN during a call: SEEN. Leaving
// the call, and entering the next, overwrites the mark. So a SEEN that it
// finds again is the same call, and calls pay nothing for that. If something
// waits for the P it comes back after 20 us; so a call is interfered with
// 20 us after it began at the earliest, and 1 ms + 20 us at the latest when
// others wait. (Go counts system calls instead, and needs two of its rounds,
// up to 20 ms.) It comes back early once: a server spends most of its time in
// short calls, and each early look would find a new one. The call that an early
// look marks is judged at the next ordinary one, 1 ms later at the most. On
// fixed stacks user code looks like a foreign call, and the time since the
// goroutine was scheduled counts.
//
// Taking a P (retake) is the heavy side of the protocol in foreign.S:
//   1) m->retake = 1
//   2) membarrier: every thread of the process executes a full barrier
//   3) m->call_sp still 0? Then the thread is in foreign code, and on its way
//      out it will see retake: the P is ours. Else: take retake back.
// All under the scheduler's lock, which the thread takes too when it sees
// retake (FOREIGN1, foreign.S; tests/model/handoff.pml).
//
// Runs on: a thread that is no M. Allocates (hibernation).

#include "sched/sysmon.h"
#include "base/assert.h"
#include "base/probe.h"
#include "base/redirect.h"
#include "os/os.h"
#include "sched/deadlock.h"
#include "sched/freeze.h"
#include "sched/idle.h"
#include "sched/pollhook.h"
#include "sched/runq.h"
#include "sched/scavenge.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/thread.h"
#include "sched/ticks.h"
#include "sched/timer.h"
#include "sched/turns.h"

#include <errno.h>
#include <limits.h>

#define SLICE_NS (10 * 1000 * 1000ll) // of a goroutine, as Go's
#define FOREIGN_NS (20 * 1000ll)      // before a P is taken
#define SLEEP_MIN_NS (20 * 1000ll)
#define SLEEP_MAX_NS (1000 * 1000ll)
#define SLEEP_IDLE_NS (50 * 1000 * 1000ll)
#define SLEEP_MASKS_NS (10 * 1000 * 1000ll) // a signal may wait (sigmask.c)
#define QUIET_NS (10 * 1000 * 1000ll) // sleeps between looks for a deadlock
// Of the kernel's timers; its default of 50 us is more than SLEEP_MIN_NS.
#define SLACK_NS 1000
#define ROUNDS_ALERT 5 // before it sleeps longer

_Static_assert(SLEEP_MIN_NS < SLEEP_MAX_NS && SLEEP_MAX_NS < SLEEP_IDLE_NS,
               "sleeps double");
_Static_assert(FOREIGN_NS <= SLEEP_MIN_NS, "the next round may take the P");
_Static_assert(QUIET_NS > SLEEP_MAX_NS, "deadlocks are looked for when idle");
_Static_assert(SLEEP_MASKS_NS >= QUIET_NS, "the same");

struct vine__lock vine__sysmon_lock = VINE_LOCK_INIT(SYSMON);

bool vine__p_take(struct p *p, struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sysmon_lock), "take: m may end");
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  bool taken = false;
  if (load_relaxed(&p->m) == m && vine__m_p(m) == p && vine__m_g(m)) {
    store_seq_cst(&m->retake, 1);
    vine__os_membarrier();
    taken = vine__m_call_sp(m) == 0;
    if (taken) {
      vine__san_acquire_own(&m->call_sp); // pairs with the exits to call_sp 0
      store_relaxed(&m->p, NULL);
      store_relaxed(&p->m, NULL);
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
static void poison(_Atomic uintptr_t *guard) {
  uintptr_t v = load_relaxed(guard);
  bool is_ordinary = v == (uintptr_t)VINE_GUARD_MOVE || v < (uintptr_t)-16;
  if (v != 0 && is_ordinary)
    cas_relaxed(guard, &v, (uintptr_t)VINE_GUARD_PREEMPT);
}

void vine__m_poison(struct m *m) {
  struct g *g = load_acquire(&m->g); // pairs with execute
  _Atomic uintptr_t *guard = load_acquire(&m->guard_addr);
  if (!g || !guard || vine__g_kind(g) != G_GROWABLE)
    return;
  poison((_Atomic uintptr_t *)&g->guard);
  poison(guard);
}

void vine__m_preempt(struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sysmon_lock), "preempt: THREAD3");
  vine__m_poison(m);
}

// For p: a runnable goroutine; or a timer, when one is due.
static bool is_any_waiting(struct p *p, bool due) {
  return vine__p_has_work(p) || due;
}

// Whether the foreign call that m is in has lasted for long. Marks it when it
// is a new one. The owner's plain stores win against the mark.
static bool is_long_call(struct p *p, struct m *m, int64_t now) {
  VINE_DCHECK(vine__lock_is_held(&vine__sysmon_lock), "mark: THREAD3");
  _Atomic uintptr_t *guard = load_relaxed(&m->guard_addr);
  uintptr_t v = load_relaxed(guard);
  if (v == 0) // fixed
    return now - p->sysmon_when >= FOREIGN_NS;
  if (v == (uintptr_t)VINE_GUARD_SEEN)
    return now - p->call_when >= FOREIGN_NS;
  if (v == (uintptr_t)VINE_GUARD_FOREIGN &&
      cas_relaxed(guard, &v, (uintptr_t)VINE_GUARD_SEEN))
    p->call_when = now;
  return false;
}

// What to do next.
enum look { LOOK_NOTHING, LOOK_SOON, LOOK_DONE };

// One look at a P.
static enum look look_at(struct p *p, int64_t now) {
  struct m *m = load_acquire(&p->m);       // pairs with acquirep
  if (!m || !load_acquire(&m->guard_addr)) // pairs with attach
    return LOOK_NOTHING;
  bool due = vine__timers_nudge(p->id, now);
  if (due) // a lost store is repeated at the next round
    store_relaxed(&m->fast_sp, (uintptr_t)VINE_NO_FAST_YIELD);
  uint32_t tick = vine__ticks_slices(p);
  uintptr_t call_sp = vine__m_call_sp(m);
  if (tick != p->sysmon_slice) {
    p->sysmon_slice = tick;
    p->sysmon_when = now;
  } else if (now - p->sysmon_when >= SLICE_NS && is_any_waiting(p, due)) {
    vine__m_preempt(m);
  }
  if (load_relaxed(&m->cancel_asked)) // again: a store may have been lost
    vine__m_preempt(m);
  if (call_sp != 0 || !vine__m_g(m))
    return LOOK_NOTHING;
  if (!is_long_call(p, m, now))
    return is_any_waiting(p, due) ? LOOK_SOON : LOOK_NOTHING;
  bool others = load_relaxed(&vine__sched.idle_p_count) != 0 ||
                load_relaxed(&vine__sched.spinning) != 0;
  if (!is_any_waiting(p, due) && others && now - p->sysmon_when < SLICE_NS)
    return LOOK_NOTHING;
  if (!vine__p_take(p, m))
    return LOOK_NOTHING;
  store_relaxed(&p->slice_end, load_relaxed(&p->slice_end) + 1);
  vine__turn_lost(p);
  vine__handoffp(p);
  return LOOK_DONE;
}

static enum look round_over_ps(int64_t now) {
  enum look most = LOOK_NOTHING;
  uint32_t n = load_acquire(&vine__sched.maxprocs); // pairs with stop.c
  vine__lock_acquire(&vine__sysmon_lock);
  for (uint32_t i = 0; i < n; i++) {
    enum look l = look_at(vine__sched.allp[i], now);
    most = l > most ? l : most;
  }
  vine__lock_release(&vine__sysmon_lock);
  return most;
}

// An early look that asks for another found other calls than the last one.
static enum look look_once_early(enum look last, enum look now) {
  return now == LOOK_SOON && last == LOOK_SOON ? LOOK_NOTHING : now;
}

// Not past the time when the first timer is due, if only we can see to it.
static int64_t bounded_sleep(int64_t ns) {
  if (load_relaxed(&vine__sched.idle_p_count) != 0)
    return ns;
  int64_t first = vine__timers_earliest();
  if (first == VINE_NEVER)
    return ns;
  int64_t left = first - vine__os_nanotime();
  left += SLEEP_MIN_NS;
  return 0 < left && left < ns ? left : ns;
}

// Whether a thread has a goroutine, and so takes signals (sigmask.c).
static bool does_any_take_signals(void) {
  struct m *m = load_acquire(&vine__sched.all_m);
  while (m && !vine__m_g(m))
    m = m->all_next;
  return m != NULL;
}

// Whether some thread can't take signals, so that this one always does.
static bool takes_always(void) {
  return load_relaxed(&vine__sched.sysmon_takes_signals) != 0;
}

// Signals are this thread's while it sleeps, and `taking` is 1. The thread that
// gets the next goroutine waits until they aren't any more: what the goroutine
// sends to the process is to be delivered to itself (signals_test). That thread
// changes sysmon_quiet and then reads `taking`, this one the other way round.
static _Atomic uint32_t taking; // futex

static void take_signals_quietly(int64_t ns) {
  store_seq_cst(&taking, 1);
  if (load_seq_cst(&vine__sched.sysmon_quiet)) {
    vine__signals_take(true);
    vine__os_futex_wait(&vine__sched.sysmon_quiet, 1, ns);
    vine__signals_take(false);
  }
  store_seq_cst(&taking, 0);
  vine__os_futex_wake(&taking, INT_MAX);
}

// Pairs with vine__sysmon_poke: either this thread sees that a P became busy,
// or the thread that took the P sees that this one sleeps.
static void sleep_quietly(int64_t ns) {
  struct vine__sched *s = &vine__sched;
  store_seq_cst(&s->sysmon_quiet, 1);
  if (load_seq_cst(&s->idle_p_count) == load_relaxed(&s->maxprocs)) {
    bool takes = load_seq_cst(&vine__signals_matter) && // after sysmon_quiet
                 !takes_always() && !does_any_take_signals();
    if (takes)
      take_signals_quietly(ns);
    else
      vine__os_futex_wait(&s->sysmon_quiet, 1, ns);
  }
  store_relaxed(&s->sysmon_quiet, 0);
}

void vine__sysmon_end_taking(void) {
  while (load_seq_cst(&taking)) { // pairs with take_signals_quietly
    vine__sysmon_poke();
    vine__os_futex_wait(&taking, 1, SLEEP_MAX_NS);
  }
}

void vine__sysmon_poke(void) {
  if (exchange_acq_rel(&vine__sched.sysmon_quiet, 0))
    vine__os_futex_wake(&vine__sched.sysmon_quiet, 1);
}

static void rest(int64_t ns, enum look look) {
  if (ns > SLEEP_MAX_NS)
    sleep_quietly(ns);
  else
    vine__os_sleep(look == LOOK_SOON ? SLEEP_MIN_NS : bounded_sleep(ns));
}

// Whether no processor is at work, nor was since the last round.
static bool is_calm(void) {
  static uint32_t slices; // that had begun by then, of all of them
  struct vine__sched *s = &vine__sched;
  uint32_t n = load_acquire(&s->maxprocs), sum = 0; // pairs with stop.c
  for (uint32_t i = 0; i < n; i++)
    sum += vine__ticks_slices(s->allp[i]);
  bool is_same = sum == slices;
  slices = sum;
  return is_same && load_relaxed(&s->idle_p_count) == n;
}

// Rounds of each kind, one after the other.
struct rounds {
  uint32_t idle; // nothing was to do
  uint32_t calm; // is_calm
};

// The sleep after this round, without regard to timers.
static int64_t next_sleep(int64_t ns, struct rounds r) {
  VINE_DCHECK(ns >= SLEEP_MIN_NS, "sysmon: no sleep");
  if (r.idle <= ROUNDS_ALERT)
    return ns;
  int64_t max = r.calm <= ROUNDS_ALERT              ? SLEEP_MAX_NS
                : load_relaxed(&vine__masks_differ) ? SLEEP_MASKS_NS
                                                    : SLEEP_IDLE_NS;
  return ns * 2 < max ? ns * 2 : max;
}

// Whether this thread may be at work: it shrinks and hibernates stacks.
static _Atomic uint32_t working;

bool vine__sysmon_rests(void) { return load_acquire(&working) == 0; }

static void start_working(void) {
  store_seq_cst(&working, 1); // before the load; pairs with vine__world_freeze
  if (load_seq_cst(&vine__sched.state) == VINE_FROZEN) {
    store_release(&working, 0);
    vine__m_freeze(NULL, TRAP_NONE);
  }
}

static void *sysmon_main(void *arg) {
  (void)arg;
  struct vine__sched *s = &vine__sched;
  int64_t sleep_ns = SLEEP_MIN_NS;
  struct rounds rounds = {0};
  enum look look = LOOK_NOTHING;
  bool is_taking = false;
  vine__os_timer_slack(SLACK_NS);
  while (load_acquire(&s->state) != VINE_STOPPED) {
    if (takes_always() && (!is_taking || load_relaxed(&vine__masks_differ))) {
      is_taking = true;
      vine__signals_take(true);
    }
    rest(sleep_ns, look);
    start_working();
    int64_t now = vine__os_nanotime();
    store_relaxed(&s->now_ns, now);
    look = look_once_early(look, round_over_ps(now));
    vine__sched_ready_list(vine__poll_late(now));
    rounds.idle = look == LOOK_DONE ? 0 : rounds.idle + 1;
    rounds.calm = is_calm() ? rounds.calm + 1 : 0;
    sleep_ns = look == LOOK_DONE ? SLEEP_MIN_NS : next_sleep(sleep_ns, rounds);
    if (!is_taking)
      vine__signals_share();
    vine__scavenge(now);
    vine__probe(VINE_PROBE_WATCHDOG, NULL, (uint64_t)now);
    store_release(&working, 0);
    if (sleep_ns >= QUIET_NS)
      vine__deadlock_check();
  }
  return NULL;
}

void vine__sysmon_start(void) {
  uint32_t missing = 1;
  if (!cas_acq_rel(&vine__sched.no_sysmon, &missing, 0))
    return;
  store_relaxed(&taking, 0); // in a forked child it may be the parent's
  vine__signals_begin();
  vine__redirect_set(true); // there may be others to run
  store_relaxed(&vine__sched.now_ns, vine__os_nanotime());
  for (int tries = 1;; tries++) {
    int err = vine__thread_create(sysmon_main, NULL);
    if (!err)
      return;
    if ((err != EAGAIN && err != ENOMEM) || tries > VINE_THREAD_TRIES)
      vine__no_thread(err);
    vine__os_sleep(tries * 1000 * 1000ll);
  }
}
