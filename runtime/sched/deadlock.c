// SPDX-License-Identifier: MIT
// "all goroutines are asleep - deadlock!"
//
// How it works. The watchdog asks now and then (vine__deadlock_check), or
// before there is one, the only thread while it sleeps. A program is dead when
// nothing can ever make a goroutine runnable:
//   1) every P is idle, no queue holds a goroutine, no thread spins;
//   2) no timer is pending, and no goroutine waits for a descriptor;
//   3) no goroutine is in foreign code (m->g is set then), which may return;
//   4) the process has no thread but Vine's: another could wake a goroutine.
// All must hold at two looks with nothing scheduled in between. Threads are
// counted in /proc/self/task, only once the rest holds, so it costs nothing
// while the program lives.
//
// Cries no wolf (P9): a look that can't read /proc says "alive", and so does
// one foreign thread, whatever it does: it may come back and wake somebody.
// The same look finds the end of a program whose main has left (leave.c).
//
// Isn't silently off either: as long as nothing is scheduled it looks again
// now and then, for a thread that has ended meanwhile. In a program that
// called vine_init the main thread is such a thread: nothing is reported.

#include "sched/deadlock.h"
#include "base/assert.h"
#include "base/fatal.h"
#include "os/os.h"
#include "sched/leave.h"
#include "sched/pollhook.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/template.h"
#include "sched/ticks.h"
#include "sched/timer.h"

_Atomic uint32_t vine__outside_threads, vine__outside_waiters;

static bool is_idle(void) {
  struct vine__sched *s = &vine__sched;
  if (load_seq_cst(&s->idle_p_count) != load_relaxed(&s->maxprocs) ||
      load_seq_cst(&s->runq_count) != 0 || load_seq_cst(&s->spinning) != 0)
    return false;
  if (vine__timers_pending() != 0 || load_seq_cst(&vine__poll_waiters) != 0 ||
      load_seq_cst(&vine__outside_waiters) != 0)
    return false;
  for (struct m *m = load_acquire(&s->all_m); m; m = m->all_next)
    if (vine__m_g(m))
      return false;
  return true;
}

static uint64_t switches(void) {
  uint64_t n = 0;
  uint32_t procs = load_acquire(&vine__sched.procs_made);
  for (uint32_t i = 0; i < procs; i++)
    n += vine__ticks_switches(vine__sched.allp[i]);
  return n;
}

struct asleep {
  uint64_t all, waiting;
};

static bool count_one(struct g *g, void *arg) {
  struct asleep *a = arg;
  a->all++;
  if (g != load_relaxed(&vine__sched.main_g) || g->reason != 0)
    a->waiting++;
  return true;
}

void vine__deadlock_before_start(void) {
  if (load_acquire(&vine__sched.state) == VINE_OFF &&
      vine__os_thread_count() == 1)
    vine__fatal("all goroutines are asleep - deadlock!");
}

// Looks, of 50 ms, between two counts of threads.
#define AGAIN 16

// Whether all threads are Vine's: the Ms, the watchdog, the template, and what
// is outside. The first one counts when it has ended. ThreadSanitizer has one,
// too, once there is a second one.
bool vine__threads_are_ours(uint32_t threads) {
  uint32_t watchdog = load_relaxed(&vine__sched.no_sysmon) ? 0 : 1;
  uint32_t ours = load_relaxed(&vine__sched.m_count) + watchdog +
                  vine__template_count() + vine__first_has_left() +
                  load_relaxed(&vine__outside_threads);
  return threads == ours || (VINE_TSAN && threads == ours + 1);
}

static void look(void) {
  static uint64_t seen;
  static int looks;
  uint64_t now = switches();
  if (!is_idle() || now != seen) {
    seen = now;
    looks = 0;
    return;
  }
  bool main_left = vine__main_has_left();
  if (++looks < 2 || (looks != 2 && looks % AGAIN != 0 && !main_left))
    return;
  int threads = vine__os_thread_count();
  struct asleep a = {0};
  vine__g_each(count_one, &a);
  bool none = a.all == 0 && !main_left; // all are threads of the program's
  if (threads < 0 || none || !vine__threads_are_ours((uint32_t)threads))
    return;
  if (!is_idle() || switches() != now)
    return;
  if (a.all == 0) {
    vine__leave_process();
    return;
  }
  VINE_ASSERT(a.waiting <= a.all, "deadlock: more wait than there are");
  if (a.waiting == 0)
    vine__fatal("no goroutines (main called vine_exit) - deadlock!");
  vine__fatal("all goroutines are asleep - deadlock!");
}

// One thread at a time: the watchdog may start while another one is at it.
static atomic_flag busy = ATOMIC_FLAG_INIT;

void vine__deadlock_fork_child(void) { atomic_flag_clear(&busy); }

void vine__deadlock_check(void) {
  if (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
    return;
  look();
  atomic_flag_clear_explicit(&busy, memory_order_release);
}
