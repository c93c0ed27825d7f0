// SPDX-License-Identifier: MIT
// fork: the child has one thread, and so one goroutine.
//
// How it works. POSIX keeps only the forking thread; Vine keeps only the
// forking goroutine, on the same terms: all others are gone, wherever they
// were, and so are all timers. The scheduler's structures are made again
// around the one thread and one P. The allocator's own handlers keep it usable,
// so the goroutine's stack may grow in the child, which may also start
// goroutines of its own; the watchdog starts again when it is needed.
//
// Others' records stay in the queues of what they waited for. A waker finds
// their goroutine GONE and passes on; what it gave them (an element, a lock) is
// lost. So objects that others waited for are of no use in the child, as
// POSIX says of mutexes.
//
// Locking: the locks of the watchdog, timers, the scheduler and the list of
// goroutines are held across the fork. Those of the parking lot and of
// vine_park are only held for moments by others, and nothing that they guard is
// kept.

#include "libc/fork.h"
#include "base/assert.h"
#include "base/redirect.h"
#include "libc/sigaction.h"
#include "mem/stackalloc.h"
#include "net/netpoll.h"
#include "os/os.h"
#include "sched/bias.h"
#include "sched/deadlock.h"
#include "sched/idle.h"
#include "sched/leave.h"
#include "sched/permit.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/stop.h"
#include "sched/sysmon.h"
#include "sched/template.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "stack/fiber.h"
#include "sync/parkinglot.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static void before(void) {
  vine__lock_acquire(&vine__sysmon_lock);
  vine__net_fork_prepare();
  vine__timers_fork_prepare();
  vine__lock_acquire(&vine__sched.lock);
  vine__g_fork_prepare();
  vine__fiber_fork_prepare();
}

static void in_parent(void) {
  VINE_ASSERT(vine__lock_is_held(&vine__sched.lock), "fork: no lock");
  vine__fiber_fork_parent();
  vine__g_fork_parent();
  vine__lock_release(&vine__sched.lock);
  vine__timers_fork_parent();
  vine__net_fork_parent();
  vine__lock_release(&vine__sysmon_lock);
}

static void empty_queues(void) {
  struct vine__sched *s = &vine__sched;
  s->runq = s->back = (struct vine__runq_list){0};
  store_relaxed(&s->runq_count, 0);
  store_relaxed(&s->back_count, 0);
  store_relaxed(&s->kept, 0); // the forking thread runs
  for (uint32_t i = 0; i < load_relaxed(&s->procs_made); i++) {
    struct p *p = s->allp[i];
    store_relaxed(&p->head, load_relaxed(&p->tail));
    store_relaxed(&p->runnext, NULL);
    store_relaxed(&p->counts.exits, load_relaxed(&p->counts.spawns));
    store_relaxed(&p->m, NULL);
  }
}

// The C library keeps the memory of threads that the fork left behind, and
// gives it to new ones, words and all.
static void clear_words_of(struct m *m) {
  if (!load_relaxed(&m->guard_addr))
    return;
  char *tcb = (char *)load_relaxed(&m->guard_addr) - VINE_TCB_GUARD;
  static const int words[] = {
#define TCB_WORD(name, offset) VINE_TCB_##name,
#include "tcb.def"
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    *(volatile uintptr_t *)(tcb + words[i]) = 0;
}

static void in_child(void) {
  struct vine__sched *s = &vine__sched;
  struct m *m = vine__getm();
  VINE_ASSERT(vine__lock_is_held(&s->lock), "fork: no lock");
  VINE_ASSERT(!m || load_relaxed(&m->guard_addr),
              "fork: an M without a thread");
  empty_queues();
  for (struct m *i = load_relaxed(&s->all_m); i; i = i->all_next)
    if (i != m)
      clear_words_of(i);
  vine__stop_fork_child();
  vine__deadlock_fork_child();
  vine__bias_fork_child();
  vine__template_fork_child();
  vine__leave_fork_child(m);
  s->idle_m = NULL;
  s->idle_m_count = 0;
  s->free_m = NULL;
  if (load_relaxed(&s->state) == VINE_PAUSING) // by a thread that is gone
    store_relaxed(&s->state, VINE_RUNNING);
  s->idle_p = NULL;
  store_relaxed(&s->idle_p_count, 0);
  store_relaxed(&s->spinning, 0);
  store_relaxed(&s->all_m, m);
  store_relaxed(&s->m_count, m ? 1 : 0);
  store_relaxed(&s->no_sysmon, 1);
  vine__redirect_set(false);
  uint32_t first = m ? 1 : 0;
  for (uint32_t i = load_relaxed(&s->maxprocs); i-- > first;)
    vine__pidle_put_locked(s->allp[i]);
  if (m) {
    m->all_next = NULL;
    store_relaxed(&m->p, NULL);
    store_relaxed(&m->retake, 0);
    vine__acquirep(m, s->allp[0]);
  }
  store_relaxed(&s->spawned_outside, m && m->g ? 1 : 0); // we are left
  vine__fiber_fork_child();
  vine__g_fork_child(m ? m->g : NULL);
  vine__lock_reset_child(&s->lock);
  vine__timers_fork_child();
  vine__park_fork_child();
  vine__parking_fork_child();
  vine__net_fork_child();
  vine__lock_reset_child(&vine__sysmon_lock);
  if (vine__debug.redirect)
    vine__sysmon_start();
}

static _Atomic uint32_t is_ready;

void vine__fork_init(void) {
  pthread_atfork(before, in_parent, in_child);
  store_release(&is_ready, 1);
}

// --- past the C library's handlers ---

// A handler interrupted anything, with any lock held.
static bool is_in_handler(void) {
  struct vine__interrupted at;
  return !vine__getm() && vine__signal_interrupted(&at);
}

void vine__fork_prepare(struct vine__forking *f) {
  sigset_t all;
  f->is_noted = load_acquire(&is_ready) && !is_in_handler();
  if (!f->is_noted)
    return;
  memset(&all, 0xff, sizeof all);
  vine__os_sigmask(SIG_SETMASK, &all, &f->mask);
  before();
  vine__stackalloc_fork_prepare();
  vine__alloc_fork_prepare();
}

void vine__fork_parent(const struct vine__forking *f) {
  if (!f->is_noted)
    return;
  vine__alloc_fork_parent();
  vine__stackalloc_fork_parent();
  in_parent();
  vine__os_sigmask(SIG_SETMASK, &f->mask, NULL);
}

void vine__fork_child(const struct vine__forking *f) {
  if (!f->is_noted)
    return;
  vine__alloc_fork_child();
  vine__stackalloc_fork_child();
  in_child();
  vine__os_sigmask(SIG_SETMASK, &f->mask, NULL);
}

void vine__fork_child_plain(const struct vine__forking *f) {
  struct vine__words words;
  if (vine__getm())
    vine__words_take(&words);
  vine__fork_child(f);
}
