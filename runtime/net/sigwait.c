// SPDX-License-Identifier: MIT
// Signals and parked calls.
//
// Which call ends with EINTR when a handler has run? POSIX: the one of the
// thread that took the signal, and of a signal to the process any thread may be
// that one. A goroutine that runs is interrupted by the kernel, in its system
// call. Of those that are parked:
//   main           always, if it doesn't block the signal
//   signal waits   (below) the first that has the signal open
//   the others     one that doesn't block it, if nobody of the above took it
//                  and the handler ran on a thread without a goroutine: the
//                  watchdog takes signals for those that wait (sigmask.c)
// The handler says what ran (vine__sigwait_ran) and wakes the poller, whoever
// polls ends the calls. SA_RESTART keeps those going that it does in POSIX.
//
// Signal waits: calls that have a mask of their own (ppoll and kin, sigsuspend)
// or wait for signals as such (sigwait and kin, pause). What a program blocks
// and such a call opens must be taken within the call only, by its goroutine:
// not a moment earlier, when the program hasn't looked at what the handler
// changes, and not by another. So
//   - the call's try is the kernel's own call, without waiting: it opens the
//     signals, runs handlers, and closes them again, all in one
//   - while it is parked, or between two tries, the goroutine blocks both what
//     it blocks anyway and what the call blocks: nobody takes a signal for it
//   - the poller tells when a signal comes to be pending that such a call lets
//     in (by a signalfd, which is never read). The first call that waits for it
//     is told to try again.
//
// No signal is lost between the try and the park, as in wait.c:
//
//   call                              thread that polls
//   1) reads seq                      1) takes the event from the system
//   2) tries: nothing is pending      2) lock: seq + 1; tells the first that
//   3) lock: seq as it was? signals      waits for what is pending
//      watched? queues itself; unlock
//   4) parks
//
// What comes to be pending after the try is an event that finds the call in the
// queue, or that changed seq before 3). If it isn't watched before 3), it is
// reported once it is.
//
// One is told, not all: a thousand may wait. So whoever was told must see to
// what is left. It has left the queue, and
//   takes a signal and runs its handler    more of the kind may be pending: the
//                                          handler's entry has the poller look
//                                          (the handler may never return)
//   ends for another reason, or took one   looks itself at the end of the call
//   by sigwait                             (vine__sigwait_pass)
//   tries, and finds nothing               nothing is pending that it lets in
//
// Invariants:
// (SIGWAIT1) While a signal is pending that a call in the queue lets in, some
//      call that has been told since it came is still to try or to pass, or the
//      poller is still to look.
// (SIGWAIT2) A call that was told isn't in the queue.
//
// Checked: tests/model/sigwait.pml.
//
// Locking: SIGWAIT: the queue, main's wait. Runs on: system stack, foreign
// code; vine__sigwait_ran in handlers.
//
// Rejected: a signalfd for each call (four system calls more each); the
// watchdog running the handler for the goroutine (it looks every 10 ms, has
// another mask, and can't end the call in the same moment).
//
// See also: docs/adr/0020-masks.md.

#include "net/sigwait.h"
#include "base/assert.h"
#include "gstatus.h"
#include "net/netpoll.h"
#include "os/io.h"
#include "os/os.h"
#include "sched/park.h"
#include "sched/pollhook.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/timer.h"

#define BIT(sig) (1ull << ((sig) - 1))

_Atomic uint32_t vine__sigwait_seq;

static struct vine__lock lock = VINE_LOCK_INIT(SIGWAIT);
static struct vine__io_wait *main_wait; // lock
// Main's is the first, the others as they came. lock
static struct vine__sigwait *_Atomic first;
static struct vine__sigwait *last;

static bool is_main(const struct vine__io_wait *w) {
  return w->g == load_relaxed(&vine__sched.main_g);
}

// --- the queue ---

static void queue(struct vine__sigwait *s) {
  VINE_DCHECK(vine__lock_is_held(&lock), "sigwait: no lock");
  struct vine__sigwait *head = load_relaxed(&first);
  bool is_first = !head || is_main(&s->w);
  s->prev = is_first ? NULL : last;
  s->next = is_first ? head : NULL;
  if (s->prev)
    s->prev->next = s;
  else
    store_release(&first, s); // pairs with vine__sigwait_pass
  if (s->next)
    s->next->prev = s;
  else
    last = s;
  s->is_queued = true;
}

static void unqueue(struct vine__sigwait *s) {
  VINE_DCHECK(vine__lock_is_held(&lock), "sigwait: no lock");
  VINE_DCHECK(s->is_queued, "sigwait: told before (SIGWAIT2)");
  if (s->prev)
    s->prev->next = s->next;
  else
    store_release(&first, s->next);
  if (s->next)
    s->next->prev = s->prev;
  else
    last = s->prev;
  s->is_queued = false;
}

// For each signal that is pending the first that lets it in, if it isn't told
// already. The calling thread may not block all of them: then it takes those
// itself.
static struct g *tell_pending(struct g *list) {
  uint64_t pending = load_relaxed(&first) ? vine__os_pending() : 0;
  struct vine__sigwait *next;
  for (struct vine__sigwait *s = load_relaxed(&first); s && pending; s = next) {
    next = s->next;
    if (!(s->lets_in & pending))
      continue;
    uint64_t taken = s->lets_in & pending;
    if (vine__io_try_end(&s->w, VINE_IO_READY, &list)) {
      unqueue(s);
      pending &= ~taken;
    }
  }
  return list;
}

struct g *vine__sigwait_deliver(struct g *list) {
  vine__lock_acquire(&lock);
  store_release(&vine__sigwait_seq, load_relaxed(&vine__sigwait_seq) + 1);
  list = tell_pending(list);
  vine__lock_release(&lock);
  return list;
}

void vine__sigwait_pass(void) {
  if (!load_acquire(&first)) // told before this call: by now in the queue
    return;
  vine__lock_acquire(&lock);
  struct g *list = tell_pending(NULL);
  vine__lock_release(&lock);
  vine__sched_ready_list(list);
}

uint32_t vine__sigwait_attach(struct vine__sigwait *s) {
  uint32_t end = VINE_IO_WAITING;
  s->is_queued = false;
  vine__lock_acquire(&lock);
  if (load_relaxed(&vine__sigwait_seq) != s->seq)
    end = VINE_IO_READY;
  else if (vine__net_watch_signals(s->lets_in) != 0)
    end = VINE_IO_HELD;
  else
    queue(s);
  vine__lock_release(&lock);
  return end;
}

void vine__sigwait_detach(struct vine__sigwait *s) {
  vine__lock_acquire(&lock);
  if (s->is_queued)
    unqueue(s);
  vine__lock_release(&lock);
}

void vine__sigwait_again(void) {
  struct g *list = NULL;
  struct vine__sigwait *s;
  vine__lock_acquire(&lock);
  while ((s = load_relaxed(&first)) != NULL) {
    unqueue(s);
    vine__io_try_end(&s->w, VINE_IO_READY, &list);
  }
  vine__lock_release(&lock);
  vine__sched_ready_list(list);
}

// --- the tries ---

bool vine__sigwait_mask(uint64_t *mask) {
  struct g *g = vine__getg();
  if (!g || vine__g_keeps_thread(g))
    return false;
  *mask = vine__os_mask(SIG_BLOCK, 0);
  return true;
}

// A jump out of a handler ends lets_in, too (sigaction.c).
long vine__sigwait_ppoll(struct pollfd *fds, nfds_t n,
                         const struct timespec *limit, uint64_t mask) {
  struct m *m = vine__getm();
  m->lets_in = true;
  long r = vine__os_ppoll(fds, n, limit, (const sigset_t *)(void *)&mask);
  m->lets_in = false;
  return r;
}

long vine__sigwait_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                           const struct timespec *limit, uint64_t mask) {
  struct m *m = vine__getm();
  m->lets_in = true;
  long found =
      vine__os_pselect(n, r, w, e, limit, (const sigset_t *)(void *)&mask);
  m->lets_in = false;
  return found;
}

// --- handlers that ran ---

// What they leave for whoever polls: first the words, then `due`.
enum { NOT_INTERRUPTED, INTERRUPTED_SOME, INTERRUPTED_ALL };
static _Atomic uint32_t mains;  // main's calls: all, or those never restarted
static _Atomic uint64_t waits;  // signals, for signal waits
static _Atomic uint64_t others; // for calls of any goroutine
static _Atomic uint64_t others_restarting; // of those: with SA_RESTART
static _Atomic bool look;                  // at what is pending
static _Atomic bool due;

void vine__sigwait_ran(int sig, unsigned how) {
  uint32_t none = NOT_INTERRUPTED;
  if (load_seq_cst(&vine__poll_waiters) == 0)
    return;
  if ((how & VINE_RAN_MAINS) && !(how & VINE_RAN_RESTARTS))
    store_seq_cst(&mains, INTERRUPTED_ALL);
  else if (how & VINE_RAN_MAINS)
    cas_seq_cst(&mains, &none, INTERRUPTED_SOME);
  if (how & VINE_RAN_LET_IN)
    store_seq_cst(&look, true);
  if (how & VINE_RAN_WAITS)
    fetch_or_seq_cst(&waits, BIT(sig));
  if (how & VINE_RAN_FREE) {
    if (how & VINE_RAN_RESTARTS)
      fetch_or_seq_cst(&others_restarting, BIT(sig)); // before `others`
    fetch_or_seq_cst(&others, BIT(sig));
  }
  store_seq_cst(&due, true);
  vine__timers_interrupt();
}

bool vine__sigwait_is_due(void) { return load_seq_cst(&due); }

// Main's call. What it waits for as a signal wait is taken from `set`.
static struct g *end_mains(uint32_t how, uint64_t *set, struct g *list) {
  struct vine__io_wait *w = main_wait;
  if (how == NOT_INTERRUPTED || !w ||
      (how == INTERRUPTED_SOME && w->is_restarted))
    return list;
  if (vine__io_try_end(w, VINE_IO_INTR, &list) && w->has_signals)
    *set &= ~((struct vine__sigwait *)w)->open;
  return list;
}

// The first signal wait for each of `set`, from which it is taken.
static struct g *end_waits(uint64_t *set, struct g *list) {
  struct vine__sigwait *next;
  for (struct vine__sigwait *s = load_relaxed(&first); s && *set; s = next) {
    next = s->next;
    if (!(s->open & *set) || !vine__io_try_end(&s->w, VINE_IO_INTR, &list))
      continue;
    *set &= ~s->open;
    unqueue(s);
  }
  return list;
}

struct other {
  uint64_t set;
  uint64_t restarting; // of those: their handlers have SA_RESTART
  struct g *list;
};

// Scans g, if it waits. Who scans it already is done in microseconds.
static bool scan(struct g *g) {
  while (!vine__g_try_scan(g)) {
    if (vine__g_status(g) != (G_WAITING | G_SCAN))
      return false;
    vine__cpu_relax();
  }
  return true;
}

// IOWAIT2: while it is scanned, g doesn't go on, and its record stays.
static bool end_other(struct g *g, void *arg) {
  struct other *o = arg;
  if (!scan(g))
    return true;
  uint64_t mine = o->set & ~vine__mask_of_waiting(g);
  struct vine__io_wait *w = g->waiting;
  if (vine__io_is_reason(g->reason) && mine) {
    if (w->is_restarted)
      mine &= ~o->restarting;
    if (mine && vine__io_try_end(w, VINE_IO_INTR, &o->list))
      o->set &= ~mine;
  }
  vine__g_end_scan(g);
  return o->set != 0;
}

struct g *vine__sigwait_collect(struct g *list) {
  if (!exchange_acq_rel(&due, false))
    return list;
  uint64_t ran = exchange_acq_rel(&waits, 0);
  struct other o = {.set = exchange_acq_rel(&others, 0)};
  o.restarting = exchange_acq_rel(&others_restarting, 0); // after the other
  vine__lock_acquire(&lock);
  list = end_mains(exchange_acq_rel(&mains, NOT_INTERRUPTED), &ran, list);
  list = end_waits(&ran, list);
  if (exchange_acq_rel(&look, false))
    list = tell_pending(list);
  vine__lock_release(&lock);
  o.set &= ran; // nobody else's
  o.list = list;
  if (o.set)
    vine__g_each(end_other, &o);
  return o.list;
}

// --- main ---

void vine__sigwait_note_main(struct vine__io_wait *w) {
  if (w) // what ran before doesn't count
    store_seq_cst(&mains, NOT_INTERRUPTED);
  vine__lock_acquire(&lock);
  main_wait = w;
  vine__lock_release(&lock);
}

void vine__sigwait_fork_child(void) {
  main_wait = NULL;
  store_relaxed(&first, NULL);
  last = NULL;
  store_relaxed(&mains, NOT_INTERRUPTED);
  store_relaxed(&waits, 0);
  store_relaxed(&others, 0);
  store_relaxed(&others_restarting, 0);
  store_relaxed(&look, false);
  store_relaxed(&due, false);
  vine__lock_init(&lock, VINE_RANK_SIGWAIT);
}
