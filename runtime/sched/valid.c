// SPDX-License-Identifier: MIT
// valid.h has the contract. Nothing here is in release builds: the linker finds
// no caller.
//
// Runs on: system stack, by the owner of what is looked at. Writes nothing,
// takes no lock. What others may change meanwhile is read in an order that
// makes the answer right: see vine__runq_is_valid.

#include "sched/valid.h"
#include "gstatus.h"
#include "sched/sched.h"
#include "sched/ticks.h"

bool vine__m_is_valid(const struct m *m) {
  struct g *g = vine__m_g(m);
  struct p *p = vine__m_p(m);
  if (m != vine__getm() || vine__m_call_sp(m) != 1)
    return false;
  if (!load_relaxed(&((struct m *)(uintptr_t)m)->guard_addr) || !m->errno_addr)
    return false;
  if (m->base_sp == 0 || m->sys_sp > m->base_sp) // callbacks lie below
    return false;
  if (p && load_relaxed(&p->m) != m)
    return false;
  if (m->held && m->held->held != m) // SCHED1
    return false;
  return !g || !g->held || g->held == m;
}

bool vine__p_is_valid(struct p *p) {
  uint32_t h = load_acquire(&p->head); // thieves may raise it later
  uint32_t t = load_relaxed(&p->tail);
  if (load_relaxed(&p->m) != vine__getm() ||
      p->id >= load_relaxed(&vine__sched.maxprocs) ||
      vine__sched.allp[p->id] != p)
    return false;
  if (t - h > VINE_RUNQ)
    return false;
  if (load_relaxed(&p->ticks_left) > VINE_TICKS) // TICKS1
    return false;
  if ((p->gfree == NULL) != (p->gfree_count == 0))
    return false;
  return p->goid_next <= p->goid_end;
}

// g was in the queue when its status was read, if `head` hasn't passed its slot
// since: the thread that runs it raised that before it changed the status.
static bool is_runnable_at(struct p *p, uint32_t at) {
  struct g *g = load_relaxed(&p->runq[at % VINE_RUNQ]);
  uint32_t status = vine__g_status(g);
  uint32_t h = load_acquire(&p->head);
  return status == G_RUNNABLE || (int32_t)(h - at) > 0;
}

// The same of runnext: only the owner, which is here, puts one there.
static bool is_next_runnable(struct p *p) {
  struct g *g = load_acquire(&p->runnext);
  return !g || vine__g_status(g) == G_RUNNABLE ||
         load_acquire(&p->runnext) != g;
}

bool vine__runq_is_valid(struct p *p) {
  uint32_t t = load_relaxed(&p->tail);
  for (uint32_t i = load_acquire(&p->head); i != t; i++)
    if (!is_runnable_at(p, i))
      return false;
  return is_next_runnable(p);
}
