// SPDX-License-Identifier: MIT
// Coming back from foreign code whose processor was taken away.
//
// How it works. foreign.S tells the protocol with sysmon: a thread that leaves
// foreign code (or enters the runtime from it) and sees m->retake comes here.
// sysmon decides under the scheduler's lock, so under that lock it is plain:
// either the P was left alone, or it is gone. Then the thread takes an idle
// one, or queues its goroutine, bound to itself, and sleeps until another
// thread brings a P along. Its registers never leave it.
//
// Runs on: system stack, or a fixed goroutine's. Doesn't allocate.

#include "gstatus.h"
#include "os/os.h"
#include "sched.h"

static bool try_reacquire_locked(struct m *m) {
  if (!m->p) {
    struct p *p = vine__pidle_get_locked();
    if (!p)
      return false;
    vine__acquirep(m, p);
  }
  store_relaxed(&m->retake, 0);
  return true;
}

void vine__reenter(struct m *m) {
  struct vine__sched *s = &vine__sched;
  struct g *g = m->g;
  m->call_sp = 1;
  vine__lock_acquire(&s->lock);
  if (try_reacquire_locked(m)) {
    vine__lock_release(&s->lock);
    return;
  }
  g->held = m;
  m->held = g;
  vine__g_set_status(g, G_RUNNING, G_RUNNABLE);
  vine__globrunq_put_locked(g);
  vine__lock_release(&s->lock);
  vine__stopm_for_p(m);
  vine__g_set_status(g, G_RUNNABLE, G_RUNNING);
  g->held = NULL;
  m->held = NULL;
  store_relaxed(&m->retake, 0);
}
