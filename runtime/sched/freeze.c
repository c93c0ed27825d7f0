// SPDX-License-Identifier: MIT
// Freezing the world while the process dies, so that stacks can be read.
//
// How it works (after Go's freezetheworld). Nothing is waited for that might
// never come, and no lock is, since the thread that dies may hold it. The state
// becomes FROZEN for good, and every thread is asked to stop at the next such
// place, again and again for FREEZE_NS at most:
//   in the scheduler         it looks at the state
//   in instrumented code     its guard is poisoned: at a check, or a loop's
//                            poll
//   in foreign code          retake is set: on the way out it comes to
//                            vine__reenter. Until then its goroutine's stack
//                            stands still, so nothing waits for it.
//   vine_yield's fast path   is closed
//   the watchdog             looks at the state after each sleep
// A thread that stops says where, in m->trap, and sets m->frozen. What doesn't
// stop in time, code on a fixed stack above all, goes on; its goroutine's stack
// is not to be read.
//
// Invariants:
// (FREEZE1) A thread with m->frozen runs nothing of the program's any more.
// (FREEZE2) After the freeze a thread with call_sp 0 and retake 1 won't run
//      instrumented code on its goroutine's stack: FOREIGN1 of foreign.S, where
//      the freeze is the watchdog, but for the lock: a thread that finds retake
//      set stops.
// (FREEZE3) FROZEN is the last state: stop.c leaves it alone.
//
// Locking: SYSMON is tried, for the guard words (THREAD3 of thread.c). If it
// can't be had for TRY_NS its holder is stuck, and so is every thread that
// wants to end. Runs on: any stack, signal handlers too.
//
// Rejected: signals to stop threads (handlers run on goroutines' threads, in
// the middle of anything, and what they interrupt isn't at a safe point);
// waiting longer (a core of a program that hangs while it dies helps nobody).

#include "sched/freeze.h"
#include "base/assert.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/sysmon.h"

#define FREEZE_NS (5 * 1000 * 1000ll) // as Go's
#define ROUND_NS (50 * 1000ll)
#define TRY_NS (1000 * 1000ll)

_Static_assert(ROUND_NS < TRY_NS && TRY_NS < FREEZE_NS, "several rounds");

_Noreturn void vine__m_freeze(struct m *m, enum vine__trap where) {
  VINE_DCHECK(vine__is_frozen(), "freeze: the process lives (FREEZE3)");
  if (m) {
    VINE_DCHECK(!load_relaxed(&m->frozen), "freeze: twice (FREEZE1)");
    m->trap = (uint8_t)where;
    store_release(&m->frozen, 1); // pairs with readers of m->trap
  }
  for (;;)
    vine__os_sleep(-1);
}

bool vine__g_stands_in_foreign(struct m *m, struct g *g) {
  return vine__g_kind(g) == G_GROWABLE && vine__m_call_sp(m) == 0 &&
         load_relaxed(&m->retake) != 0; // FREEZE2
}

// Whether there is nothing to wait for.
static bool is_still(struct m *m) {
  if (load_acquire(&m->frozen) || !load_acquire(&m->guard_addr))
    return true;
  struct g *g = load_acquire(&m->g);
  if (!g) // it sleeps, and will look before it does anything else
    return !vine__m_p(m);
  return vine__g_kind(g) == G_FIXED || vine__g_stands_in_foreign(m, g);
}

static bool are_all_still(const struct m *self) {
  struct m *m = load_acquire(&vine__sched.all_m);
  for (; m; m = m->all_next)
    if (m != self && !is_still(m))
      return false;
  return vine__sysmon_rests();
}

static void ask_all(const struct m *self, bool is_late) {
  bool locked = vine__lock_try_acquire(&vine__sysmon_lock);
  struct m *m = load_acquire(&vine__sched.all_m);
  for (; m; m = m->all_next) {
    if (m == self)
      continue;
    store_relaxed(&m->fast_sp, VINE_NO_FAST_YIELD);
    store_seq_cst(&m->retake, 1);
    if (locked || is_late)
      vine__m_poison(m);
  }
  if (locked)
    vine__lock_release(&vine__sysmon_lock);
  vine__os_membarrier(); // FREEZE2
}

void vine__world_freeze(struct m *self) {
  struct vine__sched *s = &vine__sched;
  uint32_t state = load_acquire(&s->state);
  if (state == VINE_OFF || state == VINE_STOPPED)
    return;
  int64_t start = vine__os_nanotime(), passed = 0;
  do {
    store_seq_cst(&s->state, VINE_FROZEN);
    ask_all(self, passed >= TRY_NS);
    if (are_all_still(self))
      return;
    vine__os_sleep(ROUND_NS);
    passed = vine__os_nanotime() - start;
  } while (passed < FREEZE_NS);
}
