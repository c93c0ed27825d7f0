// SPDX-License-Identifier: MIT
// Signal masks, and who takes a signal.
//
// A signal to the process goes to any thread that doesn't block it, to the
// first one if it can. So it depends on the masks of all threads whether a
// program's handler runs, when, and what it interrupts.
//
// Threads without a goroutine. In a program with one goroutine the thread that
// runs it has to take the signal: kill(getpid()) is to have called the handler
// when it returns, as POSIX promises programs with one thread, and a blocking
// read is to end with EINTR, not an idle thread's sleep. So threads without a
// goroutine block all signals but those that tell of their own faults, from
// when they go to sleep until they run a goroutine again. What goroutines
// start, threads and processes, inherits the mask of a thread that runs one.
//
// That is two system calls for each sleep, and a server sleeps often. While the
// program has no handler, and no goroutine a mask of its own, a signal is
// ignored, or ends or stops the process, on whichever thread: then nobody
// blocks anything. The first handler or mask changes that before the kernel
// knows of it, and threads that sleep by then are woken to block them:
//   who installs it                 thread that goes to sleep
//   1) it matters from now on       1) makes ready to be woken
//   2) wakes all that may sleep     2) does it matter? then blocks them
//   3) waits until they block them  3) sleeps; when it wakes for nothing: 1)
// Either 2) on the right sees it, or the wake-up ends 3).
//
// Goroutines. The mask that a program sets is the goroutine's: it finds the
// same one on whichever thread it goes on. To the kernel it is the thread's, so
// a switch may have to change that. Only those pay that use it: a goroutine
// whose mask is the one that the process started with has no flag, and a switch
// between two such ones only looks at the flags. While a goroutine runs its
// thread's mask is the truth, and m->mask follows what the program says
// (libc/sigmask.c). When it leaves, the mask gets a number, g->mask: masks are
// few, and kept for good in a table. A goroutine inherits its maker's.
//
// The watchdog takes what is left. A signal that all goroutines block must stay
// pending; one that a waiting goroutine doesn't block must be taken for it, or
// Ctrl-C would end nothing. Two cases:
//   no thread has a goroutine   while it sleeps for long, the watchdog has the
//                               mask that all goroutines have in common
//   some thread has one         that takes what it doesn't block. If it blocks
//                               a signal that a waiting one doesn't, that is
//                               pending, and found there by the next round
// The second is looked at only when masks differ at all, and not while no
// signal is pending. Calls that let signals in by a mask of their own take
// those themselves: net/sigwait.c.
//
// Invariants:
// (MASK1) Without G_FLAG_MASK a goroutine's mask is the one of the start, and
//      g->mask is 0. A running goroutine and its thread both have the flag, or
//      neither has; a thread without a goroutine has it from the last one.
// (MASK2) With it, m->mask is the mask of the goroutine that runs, or ran last,
//      on m, and the thread's, unless a handler or foreign code changes that
//      for a while.
// (MASK3) From when a goroutine leaves until the next one enters, its thread
//      has its mask or blocks everything. So at no moment does a thread take
//      what both block.
// (MASK4) A mask in the table stays.
//
// A signal that was sent to a thread (raise) and is blocked waits in that
// thread. So its goroutine keeps the thread until it has taken the signal.
//
// Not known: masks that foreign code sets by a system call of its own, or a
// handler by changing its ucontext_t, and leaves so. They stay with the thread.
//
// Runs on: system stack; vine__mask_change also in foreign code and on plain
// threads; vine__mask_blocks and _of_waiting in handlers.
//
// Rejected: Go's way, one thread that takes all signals and hands them on (C
// handlers run where the signal arrives); blocking them in all but the first
// thread, which the kernel prefers (main's goroutine is not always on it); the
// mask in struct g (8 bytes of a million goroutines); counting who has which
// mask (each start and end of a goroutine would write to one word).
//
// See also: docs/adr/0020-masks.md, sysmon.c, fpenv.c, which is alike.

#include "sched/sigmask.h"
#include "base/assert.h"
#include "gstatus.h"
#include "os/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "stack/sidealloc.h"

#include <signal.h>

#define BIT(sig) (1ull << ((sig) - 1))
// What nobody can block: the kernel's, and the C library's own two signals.
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP) | BIT(32) | BIT(33))

_Atomic bool vine__masks_differ;
_Atomic bool vine__signals_matter;

static uint64_t start; // the process's
static uint64_t full;  // all
static uint64_t quiet; // all but one's own faults

void vine__mask_init(void) {
  static const int faults[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                               SIGTRAP, SIGABRT, SIGSYS};
  start = vine__os_mask(SIG_BLOCK, 0) & ~NEVER_BLOCKED;
  full = ~NEVER_BLOCKED;
  quiet = full;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    quiet &= ~BIT(faults[i]);
}

// --- the table ---

#define SLOTS 8192 // of a hash table, a power of two
#define MOST (SLOTS / 2)
#define USED BIT(SIGKILL) // in a slot that has a mask

_Static_assert(SLOTS < VINE_MASK_HERE, "slots are numbers of masks");

static _Atomic uint64_t masks[SLOTS]; // by number; 0 stands for `start`
static _Atomic uint32_t mask_count;

static uint64_t mask_at(uint32_t number) {
  VINE_DCHECK(number < SLOTS, "mask: no such number");
  return number ? load_acquire(&masks[number]) & ~USED : start;
}

// The number of a mask; VINE_MASK_HERE: there are too many already.
static uint16_t number_of(uint64_t mask) {
  uint64_t want = mask | USED;
  if (mask == start)
    return 0;
  uint32_t i = (uint32_t)(want * 0x9e3779b97f4a7c15u >> 32);
  for (;; i++) {
    uint32_t at = i % SLOTS;
    if (at == 0)
      continue;
    uint64_t is = load_acquire(&masks[at]); // pairs with the exchange
    if (is == 0 && load_relaxed(&mask_count) >= MOST)
      return VINE_MASK_HERE;
    if (is == 0 && cas_acq_rel(&masks[at], &is, want)) { // MASK4
      fetch_add_relaxed(&mask_count, 1);
      return (uint16_t)at;
    }
    if (is == want)
      return (uint16_t)at;
  }
}

// --- the running goroutine's ---

static void set_flag(struct m *m, struct g *g, bool on) {
  m->mask_flag = on ? G_FLAG_MASK : 0;
  g->flags = (uint8_t)(g->flags & ~G_FLAG_MASK) | m->mask_flag;
}

// Whether a signal that g's thread alone was sent is still to come. One that
// the process was sent looks the same: then g keeps its thread for longer.
static bool is_sent_one_left(struct m *m) {
  if (m->was_sent && !vine__os_pending())
    m->was_sent = false;
  return m->was_sent;
}

static void note(struct m *m, struct g *g, uint64_t now) {
  bool is_own = now != start;
  store_relaxed(&m->mask, now);
  if (is_own && !load_relaxed(&vine__masks_differ)) {
    store_relaxed(&vine__masks_differ, true);
    vine__signals_matter_now();
  }
  store_relaxed(&g->mask, is_own ? VINE_MASK_HERE : 0);
  set_flag(m, g, is_own || is_sent_one_left(m));
}

static uint64_t changed(int how, uint64_t was, uint64_t set) {
  uint64_t now = how == SIG_BLOCK     ? was | set
                 : how == SIG_UNBLOCK ? was & ~set
                                      : set;
  return now & ~NEVER_BLOCKED;
}

// A thread whose goroutine has left has that one's mask until it blocks all
// (MASK3), and may take what the caller's goroutine is about to send, which is
// the only one left. It won't be long, unless the kernel has put that thread
// aside; but for one that is stuck we don't wait for ever.
#define WAIT_NS (20 * 1000ll)
#define WAITS 10000

// The watchdog is about to take a signal for a goroutine that waits. That one
// may run by then, and block the signal: it goes on when this is 0. The
// watchdog sets it and then looks who waits; the other one runs and then reads
// it.
static _Atomic uint32_t sharing;

static bool is_between(struct m *m) {
  return load_acquire(&m->guard_addr) && !load_acquire(&m->g) &&
         !load_acquire(&m->signals_blocked);
}

static void await_others(const struct m *self) {
  struct m *m = load_acquire(&vine__sched.all_m);
  if (load_relaxed(&vine__sched.no_sysmon))
    return;
  int n = 0;
  for (; load_seq_cst(&sharing) && n < WAITS; n++) // pairs with take_pending
    vine__os_sleep(WAIT_NS);
  for (; m; m = m->all_next)
    for (; m != self && is_between(m) && n < WAITS; n++)
      vine__os_sleep(WAIT_NS);
}

// Also for a second caller, which may come before the first is done.
void vine__signals_matter_now(void) {
  static _Atomic bool is_known;
  if (load_acquire(&is_known)) // pairs with the store below
    return;
  store_seq_cst(&vine__signals_matter, true); // pairs with m_block_signals
  struct m *m = load_acquire(&vine__sched.all_m);
  for (; m; m = m->all_next)
    if (is_between(m))
      vine__m_wake(m);
  vine__timers_interrupt();
  vine__sysmon_poke();
  if (!vine__handler_side) // whose thread may be one of them
    await_others(vine__getm());
  store_release(&is_known, true);
}

uint64_t vine__mask_change(int how, uint64_t set) {
  struct m *m = vine__getm(); // null in handlers: their mask isn't for long
  struct g *g = m ? vine__m_g(m) : NULL;
  uint64_t was = vine__os_mask(how, set & ~NEVER_BLOCKED);
  if (!g)
    return was;
  uint64_t now = changed(how, was, set);
  note(m, g, now);
  if (now & ~was)
    await_others(m);
  return was;
}

void vine__mask_note(void) {
  struct m *m = vine__getm();
  struct g *g = m ? vine__m_g(m) : NULL;
  if (g)
    note(m, g, vine__os_mask(SIG_BLOCK, 0) & ~NEVER_BLOCKED);
}

void vine__mask_note_sent(void) {
  struct m *m = vine__getm();
  struct g *g = m ? vine__m_g(m) : NULL;
  if (!g || !vine__os_pending())
    return;
  m->was_sent = true;
  if (g->flags & G_FLAG_MASK)
    return;
  store_relaxed(&m->mask, vine__os_mask(SIG_BLOCK, 0) & ~NEVER_BLOCKED);
  set_flag(m, g, true);
}

// Of m's goroutine. The number is good until the mask changes.
static uint16_t number_here(struct m *m, struct g *g) {
  uint16_t number = load_relaxed(&g->mask);
  if (number != VINE_MASK_HERE)
    return number;
  number = number_of(load_relaxed(&m->mask));
  store_relaxed(&g->mask, number);
  return number;
}

// As a thread's of its maker's. In a handler that is what it interrupted, which
// isn't known there. When there are too many masks, as that one's, too.
uint16_t vine__mask_of_child(void) {
  struct m *m = vine__getm();
  struct g *g = m ? vine__m_g(m) : NULL;
  uint16_t number = 0;
  if (g)
    number = number_here(m, g);
  else if (!m && !vine__handler_side)
    number = number_of(vine__os_mask(SIG_BLOCK, 0) & ~NEVER_BLOCKED);
  return number == VINE_MASK_HERE ? 0 : number;
}

void vine__mask_begin(struct g *g, uint16_t mask) {
  store_relaxed(&g->mask, mask);
  g->flags = (uint8_t)(g->flags & ~G_FLAG_MASK) | (mask ? G_FLAG_MASK : 0);
  if (!mask)
    return;
  store_relaxed(&vine__masks_differ, true);
  vine__signals_matter_now();
}

void vine__mask_adopt(struct m *m, struct g *main) {
  uint64_t now = vine__os_mask(SIG_BLOCK, 0) & ~NEVER_BLOCKED;
  vine__mask_begin(main, number_of(now));
  store_relaxed(&m->mask, now);
  m->mask_flag = main->flags & G_FLAG_MASK;
}

// --- switches ---

bool vine__mask_leave(struct m *m, struct g *g) {
  VINE_DCHECK(m->mask_flag & g->flags & G_FLAG_MASK, "leave: no flag (MASK1)");
  return number_here(m, g) == VINE_MASK_HERE || is_sent_one_left(m);
}

void vine__mask_enter(struct m *m, struct g *g) {
  uint16_t number = load_relaxed(&g->mask);
  bool is_known = m->mask_flag != 0; // that m->mask is the thread's (MASK2)
  m->mask_flag = g->flags & G_FLAG_MASK;
  if (number == VINE_MASK_HERE) // it has kept this thread
    return;
  uint64_t mask = mask_at(number);
  if (is_known && load_relaxed(&m->mask) == mask)
    return;
  store_relaxed(&m->mask, mask);
  if (!load_relaxed(&m->signals_blocked))
    vine__os_mask(SIG_SETMASK, mask);
}

bool vine__mask_end(struct m *m) {
  bool is_left = is_sent_one_left(m);
  m->was_sent = false;
  return is_left;
}

// --- threads without a goroutine ---

void vine__m_block_signals(struct m *m) {
  bool matters = load_seq_cst(&vine__signals_matter); // pairs with matter_now
  if ((!matters && !m->takes_no_signals) || load_relaxed(&m->signals_blocked))
    return;
  if (load_relaxed(&vine__sched.no_sysmon)) // who would take them
    return;
  store_relaxed(&m->mask, vine__os_mask(SIG_BLOCK, quiet));
  store_release(&m->signals_blocked, 1);
}

void vine__m_unblock_signals(struct m *m) {
  if (!load_relaxed(&m->signals_blocked) || m->takes_no_signals)
    return;
  store_relaxed(&m->signals_blocked, 0);
  vine__os_mask(SIG_SETMASK, load_relaxed(&m->mask));
  vine__sysmon_end_taking();
}

void vine__m_begin_blocked(struct m *m) {
  vine__os_mask(SIG_SETMASK, quiet);
  store_relaxed(&m->mask, start);
  store_release(&m->signals_blocked, 1);
}

uint64_t vine__signals_off(void) { return vine__os_mask(SIG_SETMASK, full); }

void vine__signals_back(uint64_t mask) { vine__os_mask(SIG_SETMASK, mask); }

// --- the watchdog ---

struct common {
  uint64_t mask;
  bool with_runnable; // in: also those that aren't WAITING
  bool is_any;        // that counts
  bool is_one_unsaid; // that is runnable, or runs, with a mask of its own
};

static bool meet(struct g *g, void *arg) {
  struct common *c = arg;
  bool waits = (vine__g_status(g) & ~(uint32_t)G_SCAN) == G_WAITING;
  uint16_t number = load_relaxed(&g->mask);
  if (!waits && !c->with_runnable)
    return true;
  if (number == VINE_MASK_HERE) {
    c->is_one_unsaid |= !waits;
    return true;
  }
  c->mask &= mask_at(number);
  c->is_any = true;
  return c->mask != 0;
}

// What all goroutines block that wait.
static struct common find_common(bool with_runnable) {
  struct common c = {.mask = full, .with_runnable = with_runnable};
  vine__g_each(meet, &c);
  return c;
}

// Those that are runnable count, too. Else, when main blocks a signal and is
// the only goroutine:
//   1) main's wait ends: it is runnable, but no thread has it yet
//   2) here nobody waits, so that nobody seems to block the signal
//   3) the watchdog takes it, and the handler runs in main's critical section
static uint64_t mask_to_take(void) {
  if (!load_relaxed(&vine__masks_differ))
    return start;
  struct common c = find_common(true);
  return c.is_any ? c.mask : c.is_one_unsaid ? full : start;
}

void vine__signals_take(bool on) {
  vine__os_mask(SIG_SETMASK, on ? mask_to_take() : full);
}

// A walk over all goroutines is for signals that wait, not the other way round.
#define WALKS 10 // as much time goes between two of them

static void take_pending(uint64_t pending) {
  store_seq_cst(&sharing, 1);
  struct common c = find_common(false);
  if (c.is_any && (pending & ~c.mask)) {
    vine__os_mask(SIG_UNBLOCK, pending & ~c.mask); // comes before it returns
    vine__os_mask(SIG_SETMASK, full);
  }
  store_seq_cst(&sharing, 0);
}

void vine__signals_share(void) {
  static int64_t not_before_ns;
  if (!load_relaxed(&vine__masks_differ))
    return;
  uint64_t pending = vine__os_pending(); // first: by then nobody had taken it
  int64_t begin = pending ? vine__os_nanotime() : 0;
  if (!pending || begin < not_before_ns)
    return;
  take_pending(pending);
  int64_t end = vine__os_nanotime();
  not_before_ns = end + WALKS * (end - begin);
}

void vine__signals_begin(void) { store_relaxed(&sharing, 0); }

bool vine__mask_blocks(const struct g *g, int sig) {
  uint16_t number = load_relaxed(&((struct g *)(uintptr_t)g)->mask);
  return number != VINE_MASK_HERE && (mask_at(number) & BIT(sig));
}

uint64_t vine__mask_of_waiting(const struct g *g) {
  uint16_t number = load_relaxed(&((struct g *)(uintptr_t)g)->mask);
  return number == VINE_MASK_HERE ? full : mask_at(number);
}
