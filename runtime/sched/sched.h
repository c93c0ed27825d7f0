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
  // stop.c: changes while no P runs, under the lock.
  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t maxprocs;
  _Atomic uint32_t procs_made; // valid entries of allp; never falls
  _Atomic uint32_t state;      // enum vine__state
  _Atomic int64_t now_ns;      // sysmon's clock, coarse
  struct m *_Atomic all_m;
  struct g *_Atomic main_g;
  struct m *m0;
  _Atomic uint32_t no_sysmon; // a forked child: start it with a thread
  struct p *allp[VINE_MAXPROCS_MAX];

  _Alignas(VINE_CACHE_LINE) _Atomic uint32_t idle_p_count;
  _Atomic uint32_t spinning;     // threads that look for work
  _Atomic uint32_t sysmon_quiet; // futex: 1 while the watchdog sleeps long

  _Alignas(VINE_CACHE_LINE) struct vine__lock lock;
  struct m *idle_m;      // lock
  uint32_t idle_m_count; // lock
  struct p *idle_p;      // lock
  struct g *runq_head;   // lock
  struct g *runq_tail;   // lock
  _Atomic uint32_t runq_count;
  struct m *free_m;         // lock: structs of threads that ended
  _Atomic uint32_t m_count; // threads
  _Atomic uint32_t max_threads;
  _Atomic uint32_t stop_wait;       // futex: Ps that have yet to stop
  _Atomic uint64_t spawned_outside; // goroutines started without a P
  _Atomic uint64_t goid; // the last one given; 1 is kept for main (PROC2)
};
// Hidden, so that no file reads it by way of the global offset table.
extern __attribute__((visibility("hidden"))) struct vine__sched vine__sched;

// PAUSING: threads give their P back when they next come to the scheduler.
// FROZEN: they stop there for good, the process is dying (freeze.c).
enum vine__state {
  VINE_OFF,
  VINE_RUNNING,
  VINE_PAUSING,
  VINE_STOPPED,
  VINE_FROZEN
};

// Runs goroutines on this thread for ever. On the system stack.
_Noreturn void vine__schedule(struct m *m);
// The same for a new thread (vine__mrun): it may have no P, and may spin.
_Noreturn void vine__schedule_first(struct m *m);
// Makes the running goroutine give way; it stays runnable.
_Noreturn void vine__reschedule(struct m *m, struct g *g, bool global);
// Puts a runnable g where it will be run, next if so; wakes a thread for it.
// Any thread.
void vine__sched_ready(struct g *g, bool next);
// The same on a thread with a P, for a g that may run on any.
void vine__sched_ready_own(struct m *m, struct g *g, bool next);
// Random number of this thread.
uint64_t vine__rand(struct m *m);

// thread.c
struct m *vine__m_new(void);      // null: no memory; fatal: too many
void vine__m_attach(struct m *m); // to this thread
void vine__m_remember_mask(void); // of signals, for threads to come
// This thread goes to sleep, without a goroutine: others take the signals.
void vine__m_deafen(struct m *m);
// It has got one.
void vine__m_listen(struct m *m);
// Lets the calling thread, the watchdog, take signals, or not.
void vine__signals_take(bool on);
void vine__newm(struct p *p, bool spinning);
void vine__m_sleep(struct m *m);
void vine__m_wake(struct m *m);
bool vine__m_sleep_for(struct m *m, int64_t ns); // false: time is up
// Ends this thread, unless it isn't on the list of idle ones any more, or
// there are few of them.
void vine__m_retire(struct m *m);
// Whether one more idle thread would be more than are worth keeping at all.
bool vine__m_is_surplus_locked(const struct m *m);
// Whether so many are idle that m needn't wait for ever.
bool vine__m_is_extra_locked(const struct m *m);
_Noreturn void vine__m_exit(struct m *m);
// A goroutine ended without unlocking its thread, which may be in any state:
// nothing runs on it any more. Hands its P on.
_Noreturn void vine__m_end(struct m *m);
// A detached thread, which begins with all signals blocked. 0 or an errno
// value; vine__no_thread tells it and ends the program.
int vine__thread_create(pthread_t *t, void *(*fn)(void *), void *arg);
_Noreturn void vine__no_thread(int err);
// vine_set_max_threads.
int64_t vine__threads_limit(int64_t n);

// sysmon.c
void vine__sysmon_start(void);
// The first P becomes busy.
void vine__sysmon_poke(void);
// Held while another thread's guard word may be written, which goes away with
// the thread.
extern struct vine__lock vine__sysmon_lock;
// Takes p from m if that is in foreign code. True: p has no thread now.
bool vine__p_take(struct p *p, struct m *m);
// Asks what runs on m to give way. vine__sysmon_lock held.
void vine__m_preempt(struct m *m);
// The same, for who knows that m's thread doesn't end meanwhile.
void vine__m_poison(struct m *m);
// Whether the watchdog sleeps, and will look at the state before all else.
bool vine__sysmon_rests(void);

// stop.c
// Returns when no P but that of `self` (null: a thread without one) runs
// anything. One thread at a time.
void vine__world_stop(struct m *self);
void vine__world_start(struct m *self);
// Stops the world for good: threads end. A plain thread.
void vine__world_end(void);
void vine__stop_fork_child(void);

// foreign.c
// See there. regs: the call's results, or null where they are elsewhere.
void vine__reenter(struct m *m, struct vine__regs *regs);

#endif
