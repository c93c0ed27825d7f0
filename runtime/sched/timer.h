// SPDX-License-Identifier: MIT
// Timers: a function called at a time, and sleeping goroutines.
//
// One heap per P, all of them in vine__timers. A timer goes into the heap of
// the P that starts it; a P runs its own heap's due timers whenever it looks
// for work, and those of others when it has none of its own (sched.c).
// timer.c tells how an idle process waits for the earliest one.
//
// For a wait with a deadline, put a struct vine__timer into the waiter's
// record (zeroed), and
//
//   1) start it, under the lock that wakers take or before it is taken;
//   2) in fn, take the lock and see whether the waiter is still there: if so
//      take it off and wake it (it timed out);
//   3) whoever wakes it otherwise calls vine__timer_stop. If that returns true
//      the record is the waker's own. If not, fn runs at this moment or is
//      about to: then either fn frees the record, or whoever frees it first
//      calls vine__timer_stop_sync, without the lock.
#ifndef VINE_TIMER_H
#define VINE_TIMER_H

#include "base/config.h"
#include "g.h"
#include "mem/lock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VINE_NEVER INT64_MAX // no deadline

// All zero before its first use. Belongs to the caller, but for the time from
// start to the call of fn or to a stop that returned true.
struct vine__timer {
  int64_t when_ns;
  void (*fn)(struct vine__timer *t);
  void *arg;
  struct vine__timers *_Atomic heap; // queued in; null: not queued
  struct vine__timer *_Atomic
      *_Atomic slot; // where its runner says that it runs
  uint32_t index;    // in heap
};

// Calls fn(t) once, not before when_ns (of vine__os_nanotime; the past means
// at once). t isn't queued, nor is fn about to run for an earlier start. fn
// runs on a system stack of a thread that has a P, with no lock held; it must
// not block or park; it may start and stop timers and wake goroutines. After fn
// was called nobody but fn touches t, so it may start t again or free it. Any
// thread; locks of rank below TIMER may be held. No memory for the heap is
// fatal.
void vine__timer_start(struct vine__timer *t, int64_t when_ns,
                       void (*fn)(struct vine__timer *), void *arg);

// True: t was queued and isn't any more, fn is not running and will not run.
// False: t wasn't queued, or fn runs or is about to. Never waits for fn.
bool vine__timer_stop(struct vine__timer *t);

// As stop, but when it returns fn is not running: it waits for fn. With none
// of the locks that fn takes, and only where fn doesn't free t. Not from fn
// itself. If fn starts t again, that may have happened: stop it once more.
bool vine__timer_stop_sync(struct vine__timer *t);

// Whether t is neither queued nor running. A hint, unless the caller holds a
// lock under which all starts happen.
bool vine__timer_is_idle(struct vine__timer *t);

// An unlock function for vine__park: g sleeps until the time that arg is,
// cast to a pointer. Needs no record: the heap's slot is the record.
bool vine__timers_park(struct g *g, void *when_ns);

// The time that is ns from now, as far as the clock goes.
int64_t vine__deadline_after(int64_t ns);

// --- for the scheduler and sysmon ---

// Makes heaps for Ps below this number. Before the first timer, and before
// the number of Ps is raised.
void vine__timers_init(uint32_t procs);

struct vine__timer_slot {
  int64_t when_ns;
  uintptr_t what; // a struct vine__timer, or a struct g | 1
};

// Around a fork. The child begins without a timer, as POSIX has it for its own.
void vine__timers_fork_prepare(void);
void vine__timers_fork_parent(void);
void vine__timers_fork_child(void);

struct vine__timers {
  _Alignas(VINE_CACHE_LINE) struct vine__lock lock;
  _Atomic int64_t first_ns_inv; // ~deadline of the first slot; 0: empty
  struct vine__timer_slot *slots;
  uint32_t cap;
  _Atomic uint32_t count;
  struct vine__timer *_Atomic running; // by the P of this number
  _Atomic uint32_t skip; // looks of the owner that needn't read the clock
  int64_t looked_ns;     // when the owner last read it; owner only
};
extern struct vine__timers vine__timers[];

// The earliest deadline of a heap, or VINE_NEVER. Inverted in memory, so that
// zeroed heaps are empty ones.
static inline int64_t vine__timers_first(struct vine__timers *ts) {
  int64_t inv = atomic_load_explicit(&ts->first_ns_inv, memory_order_relaxed);
  return inv == 0 ? VINE_NEVER : ~inv;
}

// Moves all of one heap into another of a lower number, and no timer comes to
// the first any more. maxprocs is set already.
void vine__timers_move(uint32_t from, uint32_t to);

// Runs the timers of P number p that are due. True if there were any. The
// calling thread has a P and no lock.
bool vine__timers_run(uint32_t p);
// The same of all Ps.
bool vine__timers_run_all(void);

// The cheap form for each time a thread looks for work. Where goroutines run
// for less than a microsecond the clock is read every VINE_TIMER_LOOKS times.
void vine__timers_look(uint32_t p);
static inline void vine__timers_check(struct p *p) {
  struct vine__timers *ts = &vine__timers[p->id];
  if (vine__timers_first(ts) == VINE_NEVER)
    return;
  uint32_t skip = atomic_load_explicit(&ts->skip, memory_order_relaxed);
  if (skip)
    atomic_store_explicit(&ts->skip, skip - 1, memory_order_relaxed);
  else
    vine__timers_look(p->id);
}

// From sysmon: true if a timer of P number p is due at now. Then its owner
// reads the clock when it next looks.
bool vine__timers_nudge(uint32_t p, int64_t now);

// For a thread without a P or other work. If timers are pending, or there is a
// poller (pollhook.h), and nobody waits for them, waits for both and returns
// true. What the poller gave is then in `ready`, which is null before. Else
// false: the caller may sleep without limit.
bool vine__timers_wait(struct g **ready);

// After a P became idle without its thread looking for work: makes sure that
// someone waits for the pending timers.
void vine__timers_watch(void);

// Ends vine__timers_wait early (shutdown). Also in signal handlers.
void vine__timers_interrupt(void);

// There is a poller since just now: whoever waits, waits in it from now on, and
// if nobody does, somebody comes to.
void vine__timers_rewatch(void);

// Earliest deadline of all, or VINE_NEVER.
int64_t vine__timers_earliest(void);

// Timers that are queued, and those that run now: while there are any, some
// goroutine may still be woken.
size_t vine__timers_pending(void);

#endif
