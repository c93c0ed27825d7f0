// SPDX-License-Identifier: MIT
// Coming back from foreign code whose processor was taken away.
//
// How it works. foreign.S tells the protocol with sysmon: a thread that leaves
// foreign code (or enters the runtime from it) and sees m->retake comes here.
// sysmon decides under the scheduler's lock, so under that lock it is plain:
// either the P was left alone, or it is gone. Then the thread takes an idle
// one, or queues its goroutine, bound to itself, and sleeps until another
// thread brings a P along.
//
// The goroutine goes on where it was: what the call left in the thread (a lock
// that it owns, a library's last error, results in registers) is there when it
// looks. To C a thread doesn't change behind a call, so here it doesn't either
// (docs/adr/0016-threads-stay.md). A thousand goroutines in foreign calls at
// once need a thousand threads; those that are back and wait keep theirs for
// longer. So that it is not for long, they go before others (turns.c).
//
// Runs on: system stack, or a fixed goroutine's.
//
// Rejected: giving up the goroutine, so that any thread may continue it, and
// looking for other work. That takes no more threads than calls overlap, and
// was how it worked; but half of pthreads' locks break.

#include "sched/foreign.h"
#include "base/assert.h"
#include "sched/freeze.h"
#include "sched/held.h"
#include "sched/idle.h"
#include "sched/keep.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/sysmon.h"

static bool try_reacquire_locked(struct m *m) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "reenter: no lock");
  if (!vine__m_p(m)) {
    struct p *p = vine__pidle_get_locked();
    if (!p)
      return false;
    vine__acquirep(m, p);
  }
  store_relaxed(&m->retake, 0);
  return true;
}

// The thread keeps g, and waits for a P. Lock held; releases it.
static void wait_bound(struct m *m, struct g *g) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "reenter: no lock");
  VINE_DCHECK(!vine__m_p(m), "reenter: waits with a P");
  vine__g_bind(m, g, true);
  vine__globrunq_put_back_locked(g);
  vine__lock_release(&vine__sched.lock);
  vine__stopm_for_p(m);
  g->held = NULL; // G_FLAG_BOUND stays: g may be locked to m
  m->held = NULL;
  store_relaxed(&m->retake, 0);
  VINE_DCHECK(vine__m_p(m) && vine__m_g(m) == g, "reenter: without a P");
  if (vine__keep_is_full())
    vine__m_poison(m); // gives up this thread at its next check
}

void vine__reenter(struct m *m) {
  struct g *g = vine__m_g(m);
  VINE_ASSERT(m == vine__getm() && g, "reenter: nothing runs here");
  store_relaxed(&m->call_sp, 1);
  if (vine__is_frozen()) // FREEZE2
    vine__m_freeze(m, TRAP_FOREIGN);
  vine__lock_acquire(&vine__sched.lock);
  if (try_reacquire_locked(m))
    vine__lock_release(&vine__sched.lock);
  else
    wait_bound(m, g);
}

// A processor that is taken just now isn't counted.
void vine__reenter_by_return(struct m *m) {
  bool was_taken = !vine__m_p(m);
  vine__reenter(m);
  if (was_taken)
    vine__held_note(m);
}
