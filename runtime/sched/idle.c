// SPDX-License-Identifier: MIT
// Processors and threads without work, and how they get some.
//
// How it works (after Go's proc.go). A thread that finds no goroutine gives its
// P back and sleeps in a futex. Whoever makes a goroutine runnable calls
// vine__wakep, which starts one thread if a P is idle and no thread is spinning
// (looking for work). A spinning thread that finds work wakes the next one
// before it runs it, so parallelism grows by one at a time and at most half of
// the busy threads spin. The race to lose a wake-up is closed like this:
//
//   submitter                         thread that has no work
//   1) queue the goroutine            1) make its P idle; spinning--, if it did
//   2) full fence                     2) full fence
//   3) if spinning == 0 and idle P:   3) if it was spinning or nobody is:
//        start a thread                    look at all queues again
//
// Either the submitter sees spinning == 0, or the thread sees the goroutine.
// A thread that isn't spinning looks, too: a submitter itself counts as
// spinning, and so keeps others from waking threads, until it finds that no P
// is idle.
//
// One of the idle threads waits for timers (timer.c) and polls (pollhook.c);
// the others are on a list, and are woken with a P in m->nextp (thread.c).
//
// Invariants:
// (IDLE1) When all threads are busy or asleep, no goroutine waits in a queue
//      while a P is idle.
// (IDLE2) A thread holds the lock at some time between giving up a P and
//      getting another one.
// (IDLE3) While the state is PAUSING no P is idle: each one that a thread
//      gives back counts as stopped.
//
// Checked: tests/model/idle.pml (IDLE1).
//
// Locking: SCHED, for the lists of idle Ps and Ms. Runs on: system stack.
// Allocates only threads.
//
// Rejected, as in Go: handing a goroutine straight to an idle thread (thrashes
// threads; poor locality); waking a thread for each ready goroutine (the same).
//
// See also: sched.c, thread.c.

#include "sched/idle.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/freeze.h"
#include "sched/runq.h"
#include "sched/sigmask.h"
#include "sched/sysmon.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "sched/turns.h"
#include "sched/valid.h"

// --- processors ---

void vine__pidle_put_locked(struct p *p) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "idle P: no lock");
  VINE_ASSERT(!load_relaxed(&p->m), "idle P: a thread has it");
  if (load_relaxed(&vine__sched.state) == VINE_PAUSING) { // IDLE3
    uint32_t was = fetch_sub_seq_cst(&vine__sched.stop_wait, 1);
    VINE_DCHECK(was != 0, "idle P: more than were waited for (STOP1)");
    if (was == 1)
      vine__os_futex_wake(&vine__sched.stop_wait, 1);
    return;
  }
  VINE_DCHECK(vine__runq_is_empty(p), "idle P: has work (IDLE1)");
  p->idle_next = vine__sched.idle_p;
  vine__sched.idle_p = p;
  uint32_t others = fetch_add_seq_cst(&vine__sched.idle_p_count, 1);
  VINE_DCHECK(others < load_relaxed(&vine__sched.maxprocs), "idle P: too many");
}

struct p *vine__pidle_get_locked(void) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "idle P: no lock");
  struct p *p = vine__sched.idle_p;
  VINE_DCHECK((p == NULL) == (load_relaxed(&vine__sched.idle_p_count) == 0),
              "idle P: not as many as counted");
  if (p) {
    VINE_DCHECK(!load_relaxed(&p->m), "idle P: a thread has it");
    vine__sched.idle_p = p->idle_next;
    fetch_sub_seq_cst(&vine__sched.idle_p_count, 1);
    if (load_seq_cst(&vine__sched.sysmon_quiet))
      vine__sysmon_poke();
  }
  return p;
}

struct p *vine__pidle_get(void) {
  vine__lock_acquire(&vine__sched.lock);
  struct p *p = vine__pidle_get_locked();
  vine__lock_release(&vine__sched.lock);
  return p;
}

void vine__acquirep(struct m *m, struct p *p) {
  VINE_ASSERT(!vine__m_p(m) && !load_relaxed(&p->m), "acquirep: already wired");
  store_relaxed(&m->p, p);
  store_release(&p->m, m); // pairs with look_at in sysmon.c
}

struct p *vine__releasep(struct m *m) {
  struct p *p = vine__m_p(m);
  VINE_ASSERT(p && load_relaxed(&p->m) == m, "releasep: not wired");
  store_relaxed(&m->p, NULL);
  store_relaxed(&p->m, NULL);
  return p;
}

// --- waking ---

static bool try_wakep(void) {
  struct vine__sched *s = &vine__sched;
  uint32_t none = 0;
  if (!cas_seq_cst(&s->spinning, &none, 1))
    return true; // that one looks
  struct p *p = vine__pidle_get();
  if (p)
    vine__newm(p, true);
  else
    fetch_sub_seq_cst(&s->spinning, 1); // pairs with must_look_again
  return p != NULL;
}

// Again when a P became idle beside this thread that seemed to spin (IDLE1).
//
// Before there is a watchdog there is one goroutine and one M at the most
// (sysmon.c). If this is its thread, and it has a P, then it has just made that
// goroutine runnable and will run it itself.
__attribute__((noinline)) void vine__wakep_slow(void) {
  if (load_relaxed(&vine__sched.no_sysmon) && vine__own_p())
    return;
  while (!try_wakep() && load_seq_cst(&vine__sched.idle_p_count) != 0)
    ;
}

void vine__wakep(void) {
  // Pairs with the spinning thread's decrement: see the top of the file.
  fence_seq_cst();
  vine__wakep_ordered();
}

// The stopper waits for p. False: it started the world meanwhile.
static bool stop_unless_started(struct p *p) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  bool is_pausing = load_relaxed(&s->state) == VINE_PAUSING;
  if (is_pausing)
    vine__pidle_put_locked(p);
  vine__lock_release(&s->lock);
  return is_pausing;
}

// g's thread waits for a P.
static void give(struct p *p, struct g *g) {
  struct m *to = g->held;
  VINE_DCHECK(to->held == g, "handoffp: not bound to it (SCHED1)");
  to->nextp = p; // THREAD1
  vine__m_wake(to);
}

// p has no thread. Runs it if there is anything to do.
void vine__handoffp(struct p *p) {
  struct vine__sched *s = &vine__sched;
  VINE_DCHECK(!load_relaxed(&p->m), "handoffp: a thread has it");
  if (load_relaxed(&s->state) == VINE_PAUSING && stop_unless_started(p))
    return;
  struct g *g = vine__turn_next(p);
  if (g) {
    give(p, g);
    return;
  }
  if (!vine__runq_is_empty(p) || load_seq_cst(&s->runq_count) != 0) {
    vine__newm(p, false);
    return;
  }
  uint32_t none = 0;
  if (load_seq_cst(&s->idle_p_count) == 0 &&
      cas_seq_cst(&s->spinning, &none, 1)) {
    vine__newm(p, true);
    return;
  }
  vine__lock_acquire(&s->lock);
  bool work = load_seq_cst(&s->runq_count) != 0;
  if (!work)
    vine__pidle_put_locked(p);
  vine__lock_release(&s->lock);
  if (work)
    vine__newm(p, false);
  else
    vine__timers_watch();
}

// --- going idle ---

static bool any_work(void) {
  if (load_seq_cst(&vine__sched.runq_count) != 0)
    return true;
  // Without a P, so the number may rise: pairs with stop.c.
  uint32_t n = load_acquire(&vine__sched.maxprocs);
  for (uint32_t i = 0; i < n; i++)
    if (!vine__runq_is_empty(vine__sched.allp[i]))
      return true;
  return false;
}

// Whether a thread that has just made its P idle must look once more: when it
// was spinning, or no thread is. A waker counts as spinning for a moment before
// it takes an idle P; if it finds none it has woken nobody, and the goroutine
// that it queued is left to the next thread that makes its P idle (IDLE1).
static bool must_look_again(struct m *m) {
  if (m->spinning)
    vine__spinning_end(m);
  else if (load_seq_cst(&vine__sched.spinning) != 0) // pairs with wakep_slow
    return false;
  fence_seq_cst(); // any_work's loads come after; pairs with vine__wakep
  return true;
}

// Gives the P back; true when this thread has another P already, because work
// appeared meanwhile.
bool vine__go_idle(struct m *m) {
  struct vine__sched *s = &vine__sched;
  VINE_DCHECK(vine__m_is_valid(m) && !vine__m_g(m), "idle: has a goroutine");
  vine__lock_acquire(&s->lock);
  if (load_relaxed(&s->runq_count) != 0) {
    vine__lock_release(&s->lock);
    return true;
  }
  vine__pidle_put_locked(vine__releasep(m));
  vine__lock_release(&s->lock);
  if (!must_look_again(m) || !any_work())
    return false;
  struct p *p = vine__pidle_get();
  if (!p)
    return false;
  vine__acquirep(m, p);
  m->spinning = true;
  fetch_add_seq_cst(&s->spinning, 1);
  return true;
}

// --- sleeping ---

// nextp is read only after a wake, which orders what the waker wrote (THREAD1).
void vine__stopm_for_p(struct m *m) {
  VINE_DCHECK(m->held && !vine__m_p(m), "stopm: needs no P, or has one");
  do {
    if (load_acquire(&vine__sched.state) == VINE_STOPPED)
      vine__m_exit(m);
    vine__m_block_signals(m); // at first, or woken to do so
    vine__m_sleep(m);
  } while (!m->nextp);
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_NONE);
  vine__m_unblock_signals(m);
  vine__acquirep(m, m->nextp);
  m->nextp = NULL;
}

// Waits for timers and the poller, if nobody does. True: they are run, and this
// thread has a P again. False: it has none, and may sleep until someone brings
// one.
static bool wait_for_timers(struct m *m) {
  struct g *ready = NULL;
  if (!vine__timers_wait(&ready))
    return false;
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_NONE);
  struct p *p = vine__pidle_get();
  if (p)
    vine__acquirep(m, p);
  vine__sched_ready_list(ready);
  if (p)
    vine__timers_run_all();
  return p != NULL;
}

// An idle thread beyond those that are always kept ends after this long.
#define IDLE_NS (2 * 1000 * 1000 * 1000ll)

void vine__sleep_idle(struct m *m) {
  struct vine__sched *s = &vine__sched;
  VINE_DCHECK(!vine__m_p(m) && !m->spinning, "sleep: has a P, or spins");
  VINE_DCHECK(!vine__m_g(m) && !m->held, "sleep: has a goroutine");
  vine__m_block_signals(m);
  if (wait_for_timers(m))
    return;
  vine__lock_acquire(&s->lock);
  if (load_relaxed(&s->state) == VINE_STOPPED || vine__m_is_surplus_locked(m)) {
    vine__lock_release(&s->lock);
    vine__m_exit(m);
  }
  m->idle_next = s->idle_m;
  s->idle_m = m;
  s->idle_m_count++;
  bool is_extra = vine__m_is_extra_locked(m);
  vine__lock_release(&s->lock);
  if (!is_extra || !vine__m_sleep_for(m, IDLE_NS)) {
    if (is_extra)
      vine__m_retire(m);
    vine__m_sleep(m);
  }
  while (load_acquire(&s->state) != VINE_STOPPED && !m->nextp) {
    vine__m_block_signals(m); // it may have been woken to do so
    vine__m_sleep(m);
  }
  if (!m->nextp)
    vine__m_exit(m);
  vine__acquirep(m, m->nextp);
  m->nextp = NULL;
}
