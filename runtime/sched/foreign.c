// SPDX-License-Identifier: MIT
// Coming back from foreign code whose processor was taken away.
//
// How it works. foreign.S tells the protocol with sysmon: a thread that leaves
// foreign code (or enters the runtime from it) and sees m->retake comes here.
// sysmon decides under the scheduler's lock, so under that lock it is plain:
// either the P was left alone, or it is gone. Then the thread takes an idle
// one, or gives up its goroutine:
//   after a call from a growable stack   the results are kept in a trap block,
//                                        as for a preempted goroutine
//   a call into the runtime from a       a context on its own stack
//   fixed stack
// and looks for other work itself. So a thousand goroutines in foreign calls
// at once need a thousand threads, but no more are kept than calls overlap.
// Where registers or frames can't leave the thread (a result on the x87
// stack, foreign frames below a callback, vine_lock_thread), the goroutine is
// bound to it, and the thread sleeps until another one brings a P along.
//
// Runs on: system stack, or a fixed goroutine's.

#include "sched/foreign.h"
#include "base/assert.h"
#include "sched/fpenv.h"
#include "sched/freeze.h"
#include "sched/idle.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/trap.h"

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

static bool is_bound(const struct m *m, const struct g *g) {
  return m->sys_sp != m->base_sp || g->hold_depth != 0;
}

// The thread keeps g, and waits for a P. Lock held; releases it.
static void wait_bound(struct m *m, struct g *g) {
  VINE_DCHECK(vine__lock_is_held(&vine__sched.lock), "reenter: no lock");
  VINE_DCHECK(!vine__m_p(m), "reenter: waits with a P");
  vine__g_bind(m, g, true);
  vine__globrunq_put_locked(g);
  vine__lock_release(&vine__sched.lock);
  vine__stopm_for_p(m);
  g->held = NULL; // G_FLAG_BOUND stays: g may be locked to m
  m->held = NULL;
  store_relaxed(&m->retake, 0);
  VINE_DCHECK(vine__m_p(m) && vine__m_g(m) == g, "reenter: without a P");
}

// On the system stack; g's context is on its fixed stack.
_Noreturn void vine__requeue(struct m *m) {
  store_relaxed(&m->call_sp, 1);
  VINE_DCHECK(vine__g_kind(vine__m_g(m)) == G_FIXED, "requeue: not fixed");
  vine__reschedule(m, vine__m_g(m), true);
}

void vine__reenter(struct m *m, struct vine__regs *regs) {
  struct vine__sched *s = &vine__sched;
  struct g *g = vine__m_g(m);
  VINE_ASSERT(m == vine__getm() && g, "reenter: nothing runs here");
  store_relaxed(&m->call_sp, 1);
  if (vine__is_frozen()) // FREEZE2
    vine__m_freeze(m, TRAP_FOREIGN);
  vine__lock_acquire(&s->lock);
  if (try_reacquire_locked(m)) {
    vine__lock_release(&s->lock);
    return;
  }
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  bool fixed = vine__g_kind(g) == G_FIXED && vine__g_is_on_stack(g, here);
  if (is_bound(m, g) || !(fixed || regs) || vine__has_unsaved_result()) {
    wait_bound(m, g);
    return;
  }
  store_relaxed(&m->retake, 0); // sysmon looks at threads with a P only
  vine__lock_release(&s->lock);
  if (fixed) {
    vine__leave(m, g);
    m = vine__getm(); // perhaps another thread
    store_relaxed(&m->call_sp, 1);
    fence_compiler(); // then look: foreign.S's order
    // It was 0 while the fixed goroutine was resumed: taken again?
    if (load_relaxed(&m->retake))
      vine__reenter(m, regs);
    return;
  }
  vine__fp_note(g); // the call may have been fesetround
  g->sp = m->gsp;
  regs->trap.poll = 1;
  vine__trap_park(m, g, regs);
}
