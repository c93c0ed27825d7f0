// SPDX-License-Identifier: MIT
// Timers. timer.h has the contract.
//
// How it works. Each P has a 4-ary heap (half as deep as a binary one, and
// four children share a cache line) of slots: a deadline, and whose it is.
// Deadlines are in the slots, so that moving through the heap touches nothing
// else; only a timer that can be stopped learns its index. A sleeping goroutine
// is a slot and nothing more. Starting is O(1) on average, O(log n) at most;
// firing and stopping O(log n).
//
// Waiting. When a thread finds no work it offers to wait for timers: one
// thread at a time does, in a futex with a timeout, and `watch` says until
// when. A thread that starts a timer which is the first of its heap looks at
// `watch`. This is how no deadline is lost between the two:
//
//   starts a timer                    is idle
//   1) first_ns = its deadline        1) idle_p_count++, or watch = DECIDING
//   2) full fence                     2) full fence
//   3) watch is NEVER: wakep();       3) read all first_ns
//      watch is later, or DECIDING:   4) watch = the earliest; sleep
//      wake the watcher
//
// Either 3) on the left sees that somebody has come to wait, or 3) on the
// right sees the new deadline. wakep() does nothing if a thread is spinning,
// but each spinning thread comes here before it sleeps; and nothing if no P is
// idle, but then nobody could run the timer, and each P checks its heap when
// it next looks for work. A thread that stops watching becomes a spinning
// one or runs the due timers, and waking a goroutine calls wakep.
//
// Invariants:
// (TIMER1) slots is a 4-ary heap: slot i is not later than 4i+1 ... 4i+4.
// (TIMER2) t->heap is set if and only if t is in that heap, at t->index;
//      changed under the heap's lock only.
// (TIMER3) first_ns is the first slot's deadline whenever the lock is free.
// (TIMER4) At most one thread watches: watch != NEVER.
// (TIMER5) A thread that runs t's fn has t in its P's `running`, from before it
//      frees the heap's lock until fn returned.
//
// Locking: one lock per heap, rank TIMER; two only where a heap is moved, by
// ascending number; not held while fn runs. Allocates (the array of a heap)
// under the lock. Runs on: system stacks and plain threads. Never parks.
//
// Rejected: timing wheels (O(1), but late by a tick, and an idle process has
// to turn them); lazy deletion as Go's (a stopped timer's memory belongs to
// its owner at once here, there is no collector that keeps it); an index in
// sleepers (one cache miss per level for something nobody stops).
//
// See also: sched.c; Go's runtime/time.go.

#include "sched/timer.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/fatal.h"
#include "gstatus.h"
#include "os/os.h"
#include "sched/idle.h"
#include "sched/park.h"
#include "sched/pollhook.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/sigmask.h"
#include "sched/sysmon.h"

#include <string.h>

#define ARITY 4
#define CAP_MIN 32u              // slots of a first array
#define WAKE_BATCH 64            // sleepers taken out of a heap at once
#define DECIDING 0               // of watch
#define FOREVER (VINE_NEVER - 1) // of watch: no timer, but the poller

_Static_assert(_Alignof(struct vine__timer) > 1 && _Alignof(struct g) > 1,
               "the low bit tells sleepers from timers");
_Static_assert(sizeof(struct vine__timer_slot) * ARITY == VINE_CACHE_LINE,
               "four children share a cache line");

struct vine__timers vine__timers[VINE_MAXPROCS_MAX];

static _Atomic int64_t watch = VINE_NEVER;
static _Atomic uint32_t watch_word; // futex: changes when the watcher is woken
static _Atomic uint32_t heaps;      // one for each P there ever was
static _Atomic uint32_t nobody;     // futex: only timeouts end it

// --- the heap; the lock is held ---

static bool is_sleeper(uintptr_t what) { return what & 1; }

static struct g *sleeper_of(uintptr_t what) {
  return (struct g *)(what & ~1ul);
}

static uint32_t count_of(struct vine__timers *ts) {
  return load_relaxed(&ts->count);
}

static bool heap_is_valid(struct vine__timers *ts) {
  if (count_of(ts) > ts->cap)
    return false;
  if (vine__timers_first(ts) !=
      (count_of(ts) ? ts->slots[0].when_ns : VINE_NEVER))
    return false; // TIMER3
  for (uint32_t i = 0; i < count_of(ts); i++) {
    struct vine__timer_slot *s = &ts->slots[i];
    if (i && ts->slots[(i - 1) / ARITY].when_ns > s->when_ns)
      return false; // TIMER1
    struct vine__timer *t = (struct vine__timer *)s->what;
    if (!is_sleeper(s->what) && (t->index != i || t->heap != ts))
      return false; // TIMER2
  }
  return true;
}

static void place(struct vine__timers *ts, uint32_t i,
                  struct vine__timer_slot s) {
  VINE_DCHECK(i < count_of(ts), "timer: no such slot");
  VINE_DCHECK(s.when_ns >= 0 && s.when_ns < VINE_NEVER, "timer: no deadline");
  ts->slots[i] = s;
  if (!is_sleeper(s.what))
    ((struct vine__timer *)s.what)->index = i;
}

static void sift_up(struct vine__timers *ts, uint32_t i,
                    struct vine__timer_slot s) {
  while (i > 0) {
    uint32_t parent = (i - 1) / ARITY;
    if (ts->slots[parent].when_ns <= s.when_ns)
      break;
    place(ts, i, ts->slots[parent]);
    i = parent;
  }
  place(ts, i, s);
}

// The earliest child of i, or `n` when it has none.
static uint32_t first_child(struct vine__timers *ts, uint32_t i, uint32_t n) {
  uint32_t c = i * ARITY + 1;
  if (c >= n)
    return n;
  uint32_t end = c + ARITY < n ? c + ARITY : n;
  uint32_t best = c;
  while (++c < end)
    if (ts->slots[c].when_ns < ts->slots[best].when_ns)
      best = c;
  return best;
}

static void sift_down(struct vine__timers *ts, uint32_t i,
                      struct vine__timer_slot s) {
  uint32_t n = count_of(ts);
  for (;;) {
    uint32_t c = first_child(ts, i, n);
    if (c == n || s.when_ns <= ts->slots[c].when_ns)
      break;
    place(ts, i, ts->slots[c]);
    i = c;
  }
  place(ts, i, s);
}

static void resize(struct vine__timers *ts, uint32_t cap) {
  struct vine__timer_slot *old = ts->slots;
  VINE_DCHECK(cap >= CAP_MIN && cap >= count_of(ts), "timer: too few slots");
  struct vine__timer_slot *to = vine__alloc(NULL, cap * sizeof *to);
  if (!to)
    vine__fatal("out of memory: %u timers", (unsigned)count_of(ts));
  if (old)
    memcpy(to, old, count_of(ts) * sizeof *to);
  vine__free(NULL, old, ts->cap * sizeof *to);
  ts->slots = to;
  ts->cap = cap;
}

static void publish_first(struct vine__timers *ts) {
  int64_t inv = count_of(ts) ? ~ts->slots[0].when_ns : 0;
  store_relaxed(&ts->first_ns_inv, inv); // fenced where timers start
}

static void insert(struct vine__timers *ts, struct vine__timer_slot s) {
  uint32_t n = count_of(ts);
  VINE_DCHECK(vine__lock_is_held(&ts->lock), "timer: heap not locked");
  VINE_ASSERT(n < UINT32_MAX / ARITY - ARITY, "timer: too many");
  if (n == ts->cap)
    resize(ts, n ? 2 * n : CAP_MIN);
  store_relaxed(&ts->count, n + 1);
  sift_up(ts, n, s);
}

static void remove_at(struct vine__timers *ts, uint32_t i) {
  uint32_t n = count_of(ts) - 1;
  VINE_DCHECK(vine__lock_is_held(&ts->lock), "timer: heap not locked");
  VINE_DCHECK(i <= n && n < ts->cap, "timer: no such slot");
  struct vine__timer_slot last = ts->slots[n];
  store_relaxed(&ts->count, n);
  if (i != n) {
    if (i > 0 && last.when_ns < ts->slots[(i - 1) / ARITY].when_ns)
      sift_up(ts, i, last);
    else
      sift_down(ts, i, last);
  }
  if (ts->cap > CAP_MIN && n < ts->cap / 8) // memory comes back after a spike
    resize(ts, ts->cap / 2);
}

// --- watching ---

static void wake_watcher(void) {
  fetch_add_seq_cst(&watch_word, 1); // pairs with watch_until_first
  if (!vine__poll_wake())
    vine__os_futex_wake(&watch_word, 1);
}

// After first_ns of a heap became when_ns. See the top of the file.
static void notify(int64_t when_ns) {
  fence_seq_cst();
  int64_t until = load_relaxed(&watch);
  if (until == VINE_NEVER)
    vine__wakep();
  else if (until == DECIDING || when_ns < until)
    wake_watcher();
}

int64_t vine__timers_earliest(void) {
  int64_t first = VINE_NEVER;
  uint32_t n = load_acquire(&heaps);
  for (uint32_t i = 0; i < n; i++) {
    int64_t t = vine__timers_first(&vine__timers[i]);
    if (t < first)
      first = t;
  }
  return first;
}

// One sleep of the watcher, in the poller if there is one; false when nothing
// is pending. `due` tells whether a timer is due, or a goroutine is in `ready`.
static bool watch_until_first(bool *due, struct g **ready) {
  uint32_t word = load_seq_cst(&watch_word);
  vine__m_block_signals(vine__getm()); // it may have been woken to do so
  store_seq_cst(&watch, DECIDING);
  fence_seq_cst();
  const struct vine__poll_hook *hook = load_seq_cst(&vine__poll_hook);
  int64_t first = vine__timers_earliest(), left = -1;
  if (first == VINE_NEVER && !hook)
    return false;
  if (first != VINE_NEVER) {
    left = first - vine__os_nanotime();
    *due = left <= 0;
    if (*due)
      return true;
  }
  store_seq_cst(&watch, first < 1 ? 1 : first < FOREVER ? first : FOREVER);
  if (hook)
    *ready = vine__poll_sleep(hook, left, &watch_word, word);
  else
    vine__os_futex_wait(&watch_word, word, left);
  *due = *ready != NULL;
  return true;
}

bool vine__timers_wait(struct g **ready) {
  fence_seq_cst(); // after the P became idle
  int64_t first = vine__timers_earliest();
  if (first == VINE_NEVER && !load_seq_cst(&vine__poll_hook))
    return false;
  int64_t until = VINE_NEVER;
  if (!cas_seq_cst(&watch, &until, DECIDING)) { // TIMER4
    if (until == DECIDING || first < until)
      wake_watcher();
    return false;
  }
  bool due = false;
  while (!due && load_acquire(&vine__sched.state) == VINE_RUNNING)
    if (!watch_until_first(&due, ready))
      break;
  VINE_DCHECK(load_relaxed(&watch) != VINE_NEVER,
              "TIMER4: another thread watched, too");
  store_seq_cst(&watch, VINE_NEVER);
  // A timer that came after the last look, and left it to this thread.
  fence_seq_cst();
  return load_acquire(&vine__sched.state) == VINE_RUNNING &&
         (due || vine__timers_earliest() != VINE_NEVER);
}

void vine__timers_watch(void) {
  int64_t first = vine__timers_earliest();
  if (first != VINE_NEVER)
    notify(first);
}

void vine__timers_interrupt(void) { wake_watcher(); }

void vine__timers_rewatch(void) { notify(DECIDING); }

size_t vine__timers_pending(void) {
  size_t sum = 0;
  uint32_t n = load_acquire(&heaps);
  for (uint32_t i = 0; i < n; i++)
    sum += load_seq_cst(&vine__timers[i].count) +
           (load_seq_cst(&vine__timers[i].running) != NULL);
  return sum;
}

void vine__timers_init(uint32_t procs) {
  for (uint32_t i = load_relaxed(&heaps); i < procs; i++)
    vine__lock_init(&vine__timers[i].lock, VINE_RANK_TIMER);
  if (procs > load_relaxed(&heaps))
    store_release(&heaps, procs); // pairs with loads before walks
}

// --- fork ---

void vine__timers_fork_prepare(void) {
  for (uint32_t i = 0; i < load_relaxed(&heaps); i++)
    vine__lock_acquire(&vine__timers[i].lock);
}

void vine__timers_fork_parent(void) {
  for (uint32_t i = 0; i < load_relaxed(&heaps); i++)
    vine__lock_release(&vine__timers[i].lock);
}

static void forget_all(struct vine__timers *ts) {
  for (uint32_t i = 0; i < count_of(ts); i++)
    if (!is_sleeper(ts->slots[i].what))
      store_relaxed(&((struct vine__timer *)ts->slots[i].what)->heap, NULL);
  store_relaxed(&ts->count, 0);
  store_relaxed(&ts->running, NULL);
  publish_first(ts);
}

void vine__timers_fork_child(void) {
  store_relaxed(&watch, VINE_NEVER);
  for (uint32_t i = 0; i < load_relaxed(&heaps); i++) {
    forget_all(&vine__timers[i]);
    vine__lock_reset_child(&vine__timers[i].lock);
  }
}

// --- starting and stopping ---

// The heap of this thread's P, or some heap, locked. Without a P the number
// of them may fall at any time; it does so before a heap is moved away.
static struct vine__timers *lock_own_heap(void) {
  static _Atomic uint32_t next;
  struct p *p = vine__own_p();
  for (;;) {
    uint32_t n = load_acquire(&vine__sched.maxprocs);
    uint32_t id = p ? p->id : fetch_add_relaxed(&next, 1) % n;
    VINE_DCHECK(id < load_relaxed(&heaps), "timer: a P without a heap");
    struct vine__timers *ts = &vine__timers[id];
    vine__lock_acquire(&ts->lock);
    if (id < load_relaxed(&vine__sched.maxprocs))
      return ts;
    vine__lock_release(&ts->lock);
  }
}

// Deadlines that are in the past already sort first; none is NEVER.
static int64_t clamp(int64_t when_ns) {
  return when_ns == VINE_NEVER ? VINE_NEVER - 1 : when_ns < 0 ? 0 : when_ns;
}

// Adds a slot and releases the lock. True if it is the first now.
static bool add_and_unlock(struct vine__timers *ts, struct vine__timer_slot s) {
  insert(ts, s);
  publish_first(ts);
  VINE_XCHECK(heap_is_valid(ts), "timer: TIMER1, TIMER2 or TIMER3");
  bool first = ts->slots[0].what == s.what;
  vine__lock_release(&ts->lock);
  return first;
}

void vine__timer_start(struct vine__timer *t, int64_t when_ns,
                       void (*fn)(struct vine__timer *), void *arg) {
  VINE_DCHECK(!is_sleeper((uintptr_t)t), "timer: not aligned");
  VINE_DCHECK(fn, "timer: no function");
  struct vine__timers *ts = lock_own_heap();
  when_ns = clamp(when_ns);
  VINE_ASSERT(!load_relaxed(&t->heap), "timer: started twice (TIMER2)");
  vine__san_release(t);
  t->when_ns = when_ns;
  t->fn = fn;
  t->arg = arg;
  store_release(&t->heap, ts); // pairs with vine__timer_stop's load
  bool first =
      add_and_unlock(ts, (struct vine__timer_slot){when_ns, (uintptr_t)t});
  vine__sysmon_need(); // before a thread is woken
  if (first)
    notify(when_ns);
}

bool vine__timer_stop(struct vine__timer *t) {
  for (;;) {
    struct vine__timers *ts = load_acquire(&t->heap); // pairs with take_first
    if (!ts)
      return false;
    vine__lock_acquire(&ts->lock);
    if (load_relaxed(&t->heap) == ts) {
      VINE_ASSERT(ts->slots[t->index].what == (uintptr_t)t,
                  "timer: not where it says (TIMER2)");
      remove_at(ts, t->index);
      store_release(&t->heap, NULL); // pairs with vine__timer_is_idle
      publish_first(ts);
      vine__lock_release(&ts->lock);
      return true;
    }
    vine__lock_release(&ts->lock);
  }
}

// Whether its fn runs, once t is not queued (else it may be about to).
static bool is_running(struct vine__timer *t) {
  struct vine__timer *_Atomic *slot = load_relaxed(&t->slot);
  return slot && load_acquire(slot) == t; // pairs with run_first
}

bool vine__timer_stop_sync(struct vine__timer *t) {
  bool stopped = vine__timer_stop(t);
  for (int i = 0; is_running(t); i++) // also if it started itself again
    if (i < VINE_SPIN)
      vine__cpu_relax();
    else
      vine__os_futex_wait(&nobody, 0, 20 * 1000);
  return stopped;
}

bool vine__timer_is_idle(struct vine__timer *t) {
  return !load_acquire(&t->heap) && !is_running(t);
}

int64_t vine__deadline_after(int64_t ns) {
  int64_t when;
  if (__builtin_add_overflow(vine__os_nanotime(), ns, &when))
    return VINE_NEVER;
  return when;
}

// --- moving ---

void vine__timers_move(uint32_t from, uint32_t to) {
  struct vine__timers *a = &vine__timers[to], *b = &vine__timers[from];
  VINE_ASSERT(to < from, "timer: moved to a higher heap");
  vine__lock_acquire(&a->lock);
  vine__lock_acquire(&b->lock);
  VINE_ASSERT(!load_relaxed(&b->running),
              "timer: moved while it runs (TIMER5)");
  while (count_of(b)) {
    struct vine__timer_slot s = b->slots[0];
    remove_at(b, 0);
    insert(a, s);
    // A stop meanwhile waits for one of the locks, then looks again.
    if (!is_sleeper(s.what))
      store_release(&((struct vine__timer *)s.what)->heap, a); // TIMER2
  }
  publish_first(b);
  publish_first(a);
  VINE_XCHECK(heap_is_valid(a), "timer: TIMER1, TIMER2 or TIMER3");
  vine__lock_release(&b->lock);
  vine__lock_release(&a->lock);
}

// --- sleeping ---

// No need to notify when this thread has nothing else to do: it will come to
// vine__timers_wait itself. If work arrives for it before that, whoever brings
// it calls wakep, and so another thread comes there.
bool vine__timers_park(struct g *g, void *when) {
  struct vine__timers *ts = lock_own_heap();
  int64_t when_ns = clamp((int64_t)(intptr_t)when);
  struct vine__timer_slot s = {when_ns, (uintptr_t)g | 1};
  VINE_DCHECK(g->reason == VINE_WAIT_SLEEP, "timer: not to sleep");
  if (add_and_unlock(ts, s) && vine__p_has_work(vine__m_p(vine__getm())))
    notify(when_ns);
  return true;
}

// --- running ---

static bool is_first_due(struct vine__timers *ts, int64_t now) {
  return count_of(ts) && ts->slots[0].when_ns <= now;
}

// Wakes due sleepers. The lock is free meanwhile. The earliest runs next, as
// in Go: behind a queue of goroutines that each block in a foreign call it
// would be late by as many hand-offs.
static void wake_sleepers(struct vine__timers *ts, int64_t now) {
  struct g *batch[WAKE_BATCH];
  int n = 0;
  while (n < WAKE_BATCH && is_first_due(ts, now) &&
         is_sleeper(ts->slots[0].what)) {
    batch[n++] = sleeper_of(ts->slots[0].what);
    VINE_DCHECK(batch[n - 1]->reason == VINE_WAIT_SLEEP, "timer: not asleep");
    remove_at(ts, 0);
  }
  publish_first(ts);
  vine__lock_release(&ts->lock);
  for (int i = 1; i <= n; i++) {
    struct g *g = batch[i % n];
    vine__g_make_runnable(g);
    g->ret = 0;
    vine__sched_ready(g, i == n);
  }
  vine__lock_acquire(&ts->lock);
}

// Calls the first timer's fn. The lock is free meanwhile.
static void run_first(struct vine__timers *ts) {
  struct vine__timer *_Atomic *slot =
      &vine__timers[vine__m_p(vine__getm())->id].running;
  struct vine__timer *t = (struct vine__timer *)ts->slots[0].what;
  VINE_ASSERT(load_relaxed(&t->heap) == ts, "timer: not in its heap (TIMER2)");
  VINE_ASSERT(!load_relaxed(slot), "timer: run by a timer (TIMER5)");
  VINE_DCHECK(t->when_ns == ts->slots[0].when_ns, "timer: another deadline");
  void (*fn)(struct vine__timer *) = t->fn;
  store_relaxed(&t->slot, slot); // ordered by t->heap below
  store_seq_cst(slot, t);
  remove_at(ts, 0);
  publish_first(ts);
  store_release(&t->heap, NULL); // pairs with vine__timer_stop
  vine__lock_release(&ts->lock);
  vine__san_acquire(t);
  fn(t);
  store_release(slot, NULL); // pairs with vine__timer_stop_sync
  vine__lock_acquire(&ts->lock);
}

static bool run_due(struct vine__timers *ts, int64_t now) {
  bool any = false;
  vine__lock_acquire(&ts->lock);
  for (; is_first_due(ts, now); any = true) {
    if (is_sleeper(ts->slots[0].what))
      wake_sleepers(ts, now);
    else
      run_first(ts);
  }
  VINE_XCHECK(heap_is_valid(ts), "timer: TIMER1, TIMER2 or TIMER3");
  vine__lock_release(&ts->lock);
  return any;
}

bool vine__timers_run(uint32_t p) {
  struct vine__timers *ts = &vine__timers[p];
  int64_t first = vine__timers_first(ts);
  if (first == VINE_NEVER)
    return false;
  int64_t now = vine__os_nanotime();
  return first <= now && run_due(ts, now);
}

// Reading the clock costs more than switching goroutines. So while switches
// follow each other fast it is read now and then only; sysmon's nudge bounds
// the delay when they suddenly don't.
void vine__timers_look(uint32_t p) {
  struct vine__timers *ts = &vine__timers[p];
  int64_t now = vine__os_nanotime();
  bool is_fast = now - ts->looked_ns < VINE_TIMER_LOOKS * 1000;
  ts->looked_ns = now;
  store_relaxed(&ts->skip, is_fast ? VINE_TIMER_LOOKS - 1 : 0);
  if (vine__timers_first(ts) <= now)
    run_due(ts, now);
}

bool vine__timers_nudge(uint32_t p, int64_t now) {
  struct vine__timers *ts = &vine__timers[p];
  if (vine__timers_first(ts) > now)
    return false;
  store_relaxed(&ts->skip, 0); // may be lost; the next round repeats it
  return true;
}

bool vine__timers_run_all(void) {
  bool any = false;
  uint32_t n = load_acquire(&heaps);
  for (uint32_t i = 0; i < n; i++)
    any |= vine__timers_run(i);
  return any;
}
