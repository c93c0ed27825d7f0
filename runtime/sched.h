// SPDX-License-Identifier: MIT
// The scheduler: who runs next, on which thread. sched.c tells how.
#ifndef VINE_SCHED_H
#define VINE_SCHED_H

#include "g.h"

#define VINE_MAXPROCS_MAX 1024

// Three groups, on cache lines of their own: what every switch reads and next
// to nobody writes; what every wake-up reads; and what is written under the
// lock.
struct vine__sched {
  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t maxprocs;
  _Atomic uint32_t state; // enum vine__state
  _Atomic int64_t now_ns; // sysmon's clock, coarse
  struct m *_Atomic all_m;
  struct g *main_g;
  struct m *m0;
  _Atomic uint32_t no_sysmon; // a forked child: start it with a thread
  struct p *allp[VINE_MAXPROCS_MAX];

  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t idle_p_count;
  _Atomic uint32_t spinning; // threads that look for work

  _Alignas(VINE_CACHE_LINE) struct vine__lock lock;
  struct m *idle_m;      // lock
  uint32_t idle_m_count; // lock
  struct p *idle_p;      // lock
  struct g *runq_head;   // lock
  struct g *runq_tail;   // lock
  _Atomic uint32_t runq_count;
  _Atomic uint32_t m_count;
  _Atomic uint64_t spawned_outside; // goroutines started without a P
  _Atomic uint64_t goid;
};
extern struct vine__sched vine__sched;

enum vine__state { VINE_OFF, VINE_RUNNING, VINE_STOPPED };

// Runs goroutines on this thread for ever. On the system stack.
_Noreturn void vine__schedule(struct m *m);
// The same for a new thread (vine__mrun): it may have no P, and may spin.
_Noreturn void vine__schedule_first(struct m *m);
// Makes the running goroutine give way; it stays runnable.
_Noreturn void vine__reschedule(struct m *m, struct g *g, bool global);
// vine_yield's fast path, for its stub: the next goroutine, made the running
// one, and where to queue the old one; or nulls: nothing was done.
struct vine__yield {
  struct g *next;
  struct p *p;
};
struct vine__yield vine__yield_fast(struct m *m, struct g *g);
// Puts a runnable g where it will be run. Any thread.
void vine__runq_ready(struct g *g, bool next);
// The same on a thread with a P, for a g that may run on any.
void vine__runq_put_own(struct m *m, struct g *g, bool next);
// Global queue. Lock held.
void vine__globrunq_put_locked(struct g *g);
// Starts or wakes a thread if there is an idle processor.
void vine__wakep(void);
// Gives p, which no thread has, to a thread, or makes it idle.
void vine__handoffp(struct p *p);
struct p *vine__pidle_get_locked(void);
void vine__pidle_put_locked(struct p *p);
void vine__acquirep(struct m *m, struct p *p);
struct p *vine__releasep(struct m *m);
// Waits, as thread m, until someone gives it a processor (m->nextp).
void vine__stopm_for_p(struct m *m);
// Random number of this thread.
uint64_t vine__rand(struct m *m);

// thread.c
struct m *vine__m_new(void);
void vine__m_attach(struct m *m); // to this thread
void vine__m_remember_mask(void); // of signals, for threads to come
void vine__newm(struct p *p, bool spinning);
void vine__m_sleep(struct m *m);
void vine__m_wake(struct m *m);
_Noreturn void vine__m_exit(struct m *m);

// sysmon.c
void vine__sysmon_start(void);

// foreign.c
// See there. regs: the call's results, or null where they are elsewhere.
void vine__reenter(struct m *m, struct vine__regs *regs);

#endif
