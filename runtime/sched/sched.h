// SPDX-License-Identifier: MIT
// The scheduler: its state, and which goroutine a thread runs next. sched.c
// tells how.
#ifndef VINE_SCHED_H
#define VINE_SCHED_H

#include "base/export.h"
#include "g.h"

#define VINE_MAXPROCS_MAX 1024

// Of items: goroutines and batches of them (globrunq.c).
struct vine__runq_list {
  struct g *head, *tail;
};

// Three groups, on cache lines of their own: what every switch reads and next
// to nobody writes; what every wake-up reads; and what is written under the
// lock.
struct vine__sched {
  // stop.c: changes while no P runs, under the lock.
  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t maxprocs;
  _Atomic uint32_t procs_made; // valid entries of allp; never falls
  _Atomic uint32_t state;      // enum vine__state
  _Atomic uint32_t bias;       // enum vine__bias
  _Atomic int64_t now_ns;      // sysmon's clock, coarse
  struct m *_Atomic all_m;
  struct g *_Atomic main_g;
  struct m *m0;
  _Atomic uint32_t no_sysmon; // vine__sysmon_need starts the watchdog
  _Atomic uint32_t sysmon_takes_signals; // always: sigstack.c
  struct p *allp[VINE_MAXPROCS_MAX];

  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t idle_p_count;
  _Atomic uint32_t spinning;     // threads that look for work
  _Atomic uint32_t sysmon_quiet; // futex: 1 while the watchdog sleeps long

  _Alignas(VINE_CACHE_LINE) struct vine__lock lock;
  struct m *idle_m;      // lock
  uint32_t idle_m_count; // lock
  struct p *idle_p;      // lock
  // lock: the global queue. `back` are those whose threads wait (turns.c).
  struct vine__runq_list runq, back;
  _Atomic uint32_t runq_count; // in both
  _Atomic uint32_t back_count; // in `back`
  _Atomic uint32_t kept;       // KEEP1 of keep.c
  struct m *free_m;            // lock: structs of threads that ended
  _Atomic uint32_t m_count;    // threads
  _Atomic uint32_t max_threads;
  _Atomic uint32_t stop_wait;       // futex: Ps that have yet to stop
  _Atomic uint64_t spawned_outside; // goroutines started without a P
  _Atomic uint64_t goid; // the last one given; 1 is kept for main (PROC2)
};
extern VINE_HIDDEN struct vine__sched vine__sched;

// PAUSING: threads give their P back when they next come to the scheduler.
// FROZEN: they stop there for good, the process is dying (freeze.c).
enum vine__state {
  VINE_OFF,
  VINE_RUNNING,
  VINE_PAUSING,
  VINE_STOPPED,
  VINE_FROZEN
};

// Fatal unless the runtime runs; `what` is the call that needs it.
void vine__not_running(const char *what);
static inline void vine__check_running(const char *what) {
  if (__builtin_expect(load_acquire(&vine__sched.state) != VINE_RUNNING, 0))
    vine__not_running(what);
}

// Runs goroutines on this thread for ever. On the system stack.
_Noreturn void vine__schedule(struct m *m);
// Makes the running goroutine give way; it stays runnable.
_Noreturn void vine__reschedule(struct m *m, struct g *g, bool global);
// Puts a runnable g where it will be run, next if so; wakes a thread for it.
// Any thread.
void vine__sched_ready(struct g *g, bool next);
// The same on a thread with a P, for a g that may run on any.
void vine__sched_ready_own(struct m *m, struct g *g, bool next);
// The same for goroutines that are WAITING still, linked by `next`. A thread
// with a P and no goroutine runs the first itself.
void vine__sched_ready_list(struct g *list);
// Random number of this thread.
uint64_t vine__rand(struct m *m);

#endif
