// SPDX-License-Identifier: MIT
// fork: the child has one thread, and so one goroutine.
//
// How it works. POSIX keeps only the forking thread; Vine keeps only the
// forking goroutine, on the same terms: all others are gone, wherever they
// were. The scheduler's structures are made anew around the one thread and
// one P. The allocator's own handlers keep it usable, so the goroutine's stack
// may grow in the child, which may also start goroutines of its own; the
// watchdog starts again with the first thread.
//
// Locking: the scheduler's lock is held across the fork.

#include "fork.h"
#include "sched.h"

#include <pthread.h>

static void before(void) { vine__lock_acquire(&vine__sched.lock); }
static void in_parent(void) { vine__lock_release(&vine__sched.lock); }

static void empty_queues(void) {
  struct vine__sched *s = &vine__sched;
  s->runq_head = s->runq_tail = NULL;
  store_relaxed(&s->runq_count, 0);
  for (uint32_t i = 0; i < load_relaxed(&s->maxprocs); i++) {
    struct p *p = s->allp[i];
    store_relaxed(&p->head, load_relaxed(&p->tail));
    store_relaxed(&p->runnext, NULL);
    p->m = NULL;
  }
}

static void in_child(void) {
  struct vine__sched *s = &vine__sched;
  struct m *m = vine__getm();
  empty_queues();
  s->idle_m = NULL;
  s->idle_m_count = 0;
  s->idle_p = NULL;
  store_relaxed(&s->idle_p_count, 0);
  store_relaxed(&s->spinning, 0);
  store_relaxed(&s->all_m, m);
  store_relaxed(&s->m_count, m ? 1 : 0);
  store_relaxed(&s->no_sysmon, 1);
  uint32_t first = m ? 1 : 0;
  for (uint32_t i = load_relaxed(&s->maxprocs); i-- > first;)
    vine__pidle_put_locked(s->allp[i]);
  if (m) {
    m->all_next = NULL;
    m->p = NULL;
    store_relaxed(&m->retake, 0);
    vine__acquirep(m, s->allp[0]);
  }
  vine__lock_reset_child(&s->lock);
}

void vine__fork_init(void) { pthread_atfork(before, in_parent, in_child); }
