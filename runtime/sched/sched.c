// SPDX-License-Identifier: MIT
// The scheduler.
//
// How it works (after Go's proc.go, which has the long story). A thread (M)
// that has a processor (P) runs goroutines: the P's runnext, its queue, the
// global queue (looked at every 61st time even when the local one isn't
// empty), then half of another P's queue. A thread that finds nothing gives
// the P back and sleeps in a futex.
//
// Waking threads. Whoever makes a goroutine runnable calls vine__wakep, which
// starts one thread if a P is idle and no thread is spinning (looking for
// work). A spinning thread that finds work wakes the next one before it runs
// it, so parallelism grows by one at a time and at most half of the busy
// threads spin. The race to lose a wake-up is closed like this:
//
//   submitter                         thread that has no work
//   1) queue the goroutine            1) make its P idle; spinning--, if it did
//   2) full fence                     2) full fence
//   3) if spinning == 0 and idle P:   3) if it was spinning or nobody is:
//        start a thread                    look at all queues again
//
// Either the submitter sees spinning == 0, or the thread sees the goroutine.
// A thread that isn't spinning looks too, because of a submitter that counts
// as spinning, and so keeps others from it, until it finds that no P is idle.
// Rejected, as in Go: one global queue (contended); handing a goroutine
// straight to an idle thread (thrashes threads; poor locality); waking a
// thread for each ready goroutine (the same).
//
// Invariants:
// (SCHED1) Only the thread that has P p writes p->tail, p->cache, p->counts.
// (SCHED2) A goroutine is in at most one queue, and then RUNNABLE.
// (SCHED3) A goroutine with g->held runs on that thread only: a thread that
//      picks it hands over its P and sleeps.
// (SCHED4) While maxprocs is 1 nobody but its owner takes from the only P's
//      queue: plain stores do. So the number changes only while the world is
//      stopped (stop.c).
// (SCHED5) When all threads are busy or asleep, no goroutine waits in a queue
//      while a P is idle.
// (SCHED6) A thread holds the lock at some time between giving up a P and
//      getting another one.
// (SCHED7) While the state is PAUSING no P is idle: each one that a thread
//      gives back counts as stopped.
//
// While the state is FROZEN no thread takes a goroutine off a queue any more
// (freeze.c): each looks at the state between having one and having the next.
//
// Checked: tests/model/steal.pml (SCHED1, SCHED2), idle.pml (SCHED5),
// handoff.pml (SCHED3).
//
// Runs on: system stack. Allocates only threads.

#include "sched/sched.h"
#include "base/debugflags.h"
#include "gstatus.h"
#include "os/os.h"
#include "sched/freeze.h"
#include "sched/proc.h"
#include "sched/ticks.h"
#include "sched/timer.h"
#include "stack/shrink.h"

#include <string.h>

struct vine__sched vine__sched = {.lock = VINE_LOCK_INIT(SCHED), .goid = 1};

uint64_t vine__rand(struct m *m) { // xorshift64*, Vigna 2016
  uint64_t x = m->rng;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  m->rng = x;
  return x * 0x2545f4914f6cdd1dull;
}

// --- processors ---

void vine__pidle_put_locked(struct p *p) {
  if (load_relaxed(&vine__sched.state) == VINE_PAUSING) { // SCHED7
    if (fetch_sub_seq_cst(&vine__sched.stop_wait, 1) == 1)
      vine__os_futex_wake(&vine__sched.stop_wait, 1);
    return;
  }
  p->idle_next = vine__sched.idle_p;
  vine__sched.idle_p = p;
  fetch_add_seq_cst(&vine__sched.idle_p_count, 1);
}

struct p *vine__pidle_get_locked(void) {
  struct p *p = vine__sched.idle_p;
  if (p) {
    vine__sched.idle_p = p->idle_next;
    fetch_sub_seq_cst(&vine__sched.idle_p_count, 1);
    if (load_seq_cst(&vine__sched.sysmon_quiet))
      vine__sysmon_poke();
  }
  return p;
}

struct p *vine__pidle_get(void) {
  vine__lock_acquire(&vine__sched.lock);
  struct p *p = vine__pidle_get_locked();
  vine__lock_release(&vine__sched.lock);
  return p;
}

void vine__acquirep(struct m *m, struct p *p) {
  VINE_ASSERT(!vine__m_p(m) && !load_relaxed(&p->m), "acquirep: already wired");
  store_relaxed(&m->p, p);
  store_release(&p->m, m); // pairs with look_at in sysmon.c
}

struct p *vine__releasep(struct m *m) {
  struct p *p = vine__m_p(m);
  VINE_ASSERT(p && load_relaxed(&p->m) == m, "releasep: not wired");
  store_relaxed(&m->p, NULL);
  store_relaxed(&p->m, NULL);
  return p;
}

// --- queues ---

// A chain of n goroutines.
static void globrunq_put_chain_locked(struct g *first, struct g *last,
                                      uint32_t n) {
  last->next = NULL;
  if (vine__sched.runq_head)
    vine__sched.runq_tail->next = first;
  else
    vine__sched.runq_head = first;
  vine__sched.runq_tail = last;
  fetch_add_seq_cst(&vine__sched.runq_count, n);
}

void vine__globrunq_put_locked(struct g *g) {
  globrunq_put_chain_locked(g, g, 1);
}

static void globrunq_put(struct g *g) {
  vine__lock_acquire(&vine__sched.lock);
  vine__globrunq_put_locked(g);
  vine__lock_release(&vine__sched.lock);
}

// Nobody steals (SCHED4). Atomic instructions are most of what a switch costs.
static bool is_alone(void) { return load_relaxed(&vine__sched.maxprocs) == 1; }

// Half of a full queue, and g, to the global queue. Owner only.
static __attribute__((noinline)) bool runq_put_slow(struct p *p, struct g *g,
                                                    uint32_t h, uint32_t t) {
  struct g *batch[VINE_RUNQ / 2 + 1];
  uint32_t n = (t - h) / 2;
  for (uint32_t i = 0; i < n; i++)
    batch[i] = load_relaxed(&p->runq[(h + i) % VINE_RUNQ]);
  if (!cas_acq_rel(&p->head, &h, h + n)) // pairs with runq_grab's cas
    return false;
  batch[n] = g;
  for (uint32_t i = 0; i < n; i++)
    batch[i]->next = batch[i + 1];
  vine__lock_acquire(&vine__sched.lock);
  globrunq_put_chain_locked(batch[0], g, n + 1);
  vine__lock_release(&vine__sched.lock);
  return true;
}

// At the tail of p's queue. Owner only.
static void runq_put_tail(struct p *p, struct g *g) {
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with consumers' cas
    uint32_t t = load_relaxed(&p->tail);
    if (t - h < VINE_RUNQ) {
      store_relaxed(&p->runq[t % VINE_RUNQ], g);
      store_release(&p->tail, t + 1); // pairs with runq_grab's load
      return;
    }
    if (runq_put_slow(p, g, h, t))
      return;
  }
}

static void runq_put(struct m *m, struct p *p, struct g *g, bool next) {
  if (__builtin_expect(vine__debug.seed != 0, 0) && (vine__rand(m) & 1))
    next = !next;
  if (next) {
    struct g *old;
    if (is_alone()) {
      old = load_relaxed(&p->runnext);
      store_relaxed(&p->runnext, g);
    } else {
      old = exchange_seq_cst(&p->runnext, g); // pairs with runq_is_empty
    }
    if (!old)
      return;
    g = old;
  }
  runq_put_tail(p, g);
}

static struct g *runq_get_next(struct p *p) {
  struct g *g = load_relaxed(&p->runnext);
  if (!g)
    return NULL;
  if (is_alone()) {
    store_relaxed(&p->runnext, NULL);
    return g;
  }
  // Only the owner sets runnext to non-null; thieves may take it.
  return cas_acq_rel(&p->runnext, &g, NULL) ? g : NULL;
}

// With many goroutines about, each is out of the cache when its turn comes:
// fetches the struct of the one after next, and the stack of the next, whose
// struct is there by now. A thief may have them meanwhile; a struct g stays
// readable for ever, and it is only a hint.
static void runq_prefetch(struct p *p, uint32_t h, uint32_t t) {
  if (__builtin_expect(t - h < 3, 1) || VINE_TSAN)
    return;
  struct g *after = load_relaxed(&p->runq[(h + 2) % VINE_RUNQ]);
  __builtin_prefetch(after, 1);
  __builtin_prefetch((char *)after + VINE_CACHE_LINE, 1);
  struct g *next = load_relaxed(&p->runq[(h + 1) % VINE_RUNQ]);
  __builtin_prefetch((void *)*(volatile uintptr_t *)&next->sp, 1);
}

// Takes the goroutine in slot h, the head. False: a thief was faster. Owner
// only.
static inline bool runq_advance(struct p *p, uint32_t h) {
  if (__builtin_expect(!is_alone(), 0)) // the atomic instruction hides the jump
    return cas_acq_rel(&p->head, &h, h + 1);
  store_relaxed(&p->head, h + 1);
  return true;
}

static struct g *runq_get(struct p *p) {
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with thieves' cas
    uint32_t t = load_relaxed(&p->tail);
    if (t == h)
      return NULL;
    runq_prefetch(p, h, t);
    struct g *g = load_relaxed(&p->runq[h % VINE_RUNQ]);
    if (runq_advance(p, h))
      return g;
  }
}

static struct g *runq_get_any(struct p *p) {
  struct g *g = runq_get_next(p);
  return g ? g : runq_get(p);
}

void vine__runq_drain(struct p *p) {
  struct g *g;
  while ((g = runq_get_any(p)) != NULL)
    globrunq_put(g);
}

bool vine__runq_is_empty(struct p *p) {
  // head, tail and runnext aren't read at one moment: a goroutine may go from
  // runnext to the queue in between. Reading tail twice excludes that.
  for (;;) {
    uint32_t h = load_acquire(&p->head);
    uint32_t t = load_acquire(&p->tail);
    struct g *n = load_seq_cst(&p->runnext); // pairs with runq_put
    if (t == load_acquire(&p->tail))
      return h == t && !n;
  }
}

// How long a goroutine has to be the one that runs next before another thread
// takes it, as in Go. Most wait only until the running one parks, and to move
// back and forth costs two of them more than it gains. The timer's slack makes
// this some 50 us: about what waking a thread costs both sides.
#define STEAL_NEXT_NS 3000

static bool runq_steal_next(struct p *p, struct p *to, uint32_t at) {
  static _Atomic uint32_t never;
  struct g *next = load_acquire(&p->runnext);
  if (!next)
    return false;
  vine__os_futex_wait(&never, 0, STEAL_NEXT_NS);
  if (!cas_acq_rel(&p->runnext, &next, NULL))
    return false;
  store_relaxed(&to->runq[at % VINE_RUNQ], next);
  return true;
}

// Copies half of p's queue to `to` from slot `at` on; returns how many.
static uint32_t runq_grab(struct p *p, struct p *to, uint32_t at,
                          bool steal_next) {
  for (;;) {
    uint32_t h = load_acquire(&p->head); // pairs with other consumers' cas
    uint32_t t = load_acquire(&p->tail); // pairs with the owner's store
    uint32_t n = t - h;
    n -= n / 2;
    if (n == 0)
      return steal_next && runq_steal_next(p, to, at);
    if (n > VINE_RUNQ / 2) // h and t were not read together
      continue;
    for (uint32_t i = 0; i < n; i++) {
      struct g *g = load_relaxed(&p->runq[(h + i) % VINE_RUNQ]);
      store_relaxed(&to->runq[(at + i) % VINE_RUNQ], g);
    }
    if (cas_acq_rel(&p->head, &h, h + n))
      return n;
  }
}

static struct g *runq_steal(struct p *p, struct p *from, bool steal_next) {
  uint32_t t = load_relaxed(&p->tail);
  uint32_t n = runq_grab(from, p, t, steal_next);
  if (n == 0)
    return NULL;
  n--;
  struct g *g = load_relaxed(&p->runq[(t + n) % VINE_RUNQ]);
  store_release(&p->tail, t + n);
  return g;
}

// --- waking ---

static bool try_wakep(void) {
  struct vine__sched *s = &vine__sched;
  uint32_t none = 0;
  if (!cas_seq_cst(&s->spinning, &none, 1))
    return true; // that one looks
  struct p *p = vine__pidle_get();
  if (p)
    vine__newm(p, true);
  else
    fetch_sub_seq_cst(&s->spinning, 1); // pairs with must_look_again
  return p != NULL;
}

// Again when a P became idle beside this thread that seemed to spin (SCHED5).
static __attribute__((noinline)) void wakep_slow(void) {
  while (!try_wakep() && load_seq_cst(&vine__sched.idle_p_count) != 0)
    ;
}

// After a sequentially consistent store to a queue: these loads come after it
// in that order, and so the idle thread's after its decrement.
static void wakep_ordered(void) {
  struct vine__sched *s = &vine__sched;
  if (load_seq_cst(&s->idle_p_count) != 0 && load_seq_cst(&s->spinning) == 0)
    wakep_slow();
}

void vine__wakep(void) {
  // Pairs with the spinning thread's decrement: see the top of the file.
  fence_seq_cst();
  wakep_ordered();
}

static inline __attribute__((always_inline)) void
put_own(struct m *m, struct g *g, bool next) {
  runq_put(m, vine__m_p(m), g, next);
  if (is_alone()) // this P runs: there is none to wake
    return;
  if (next && !vine__debug.seed)
    wakep_ordered();
  else
    vine__wakep();
}

void vine__runq_put_own(struct m *m, struct g *g, bool next) {
  put_own(m, g, next);
}

void vine__runq_put_first(struct m *m, struct g *g) {
  runq_put(m, vine__m_p(m), g, true);
}

void vine__runq_ready(struct g *g, bool next) {
  struct m *m = vine__getm();
  if (vine__own_p() && !g->held) {
    put_own(m, g, next);
    return;
  }
  globrunq_put(g);
  vine__wakep();
}

// The stopper waits for p. False: it started the world meanwhile.
static bool stop_unless_started(struct p *p) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  bool is_pausing = load_relaxed(&s->state) == VINE_PAUSING;
  if (is_pausing)
    vine__pidle_put_locked(p);
  vine__lock_release(&s->lock);
  return is_pausing;
}

// p has no thread. Runs it if there is anything to do.
void vine__handoffp(struct p *p) {
  struct vine__sched *s = &vine__sched;
  if (load_relaxed(&s->state) == VINE_PAUSING && stop_unless_started(p))
    return;
  if (!vine__runq_is_empty(p) || load_seq_cst(&s->runq_count) != 0) {
    vine__newm(p, false);
    return;
  }
  uint32_t none = 0;
  if (load_seq_cst(&s->idle_p_count) == 0 &&
      cas_seq_cst(&s->spinning, &none, 1)) {
    vine__newm(p, true);
    return;
  }
  vine__lock_acquire(&s->lock);
  bool work = load_seq_cst(&s->runq_count) != 0;
  if (!work)
    vine__pidle_put_locked(p);
  vine__lock_release(&s->lock);
  if (work)
    vine__newm(p, false);
  else
    vine__timers_watch();
}

// --- finding work ---

// Takes up to n off the global queue and puts all but the first, which it
// returns, into p's. Owner only.
static struct g *globrunq_move_locked(struct p *p, uint32_t n) {
  struct vine__sched *s = &vine__sched;
  struct g *first = s->runq_head, *g = first;
  uint32_t t = load_relaxed(&p->tail), taken = 0;
  uint32_t room = VINE_RUNQ - (t - load_acquire(&p->head));
  while (g && taken < n && taken <= room) {
    if (taken++)
      store_relaxed(&p->runq[t++ % VINE_RUNQ], g);
    g = g->next;
  }
  s->runq_head = g;
  fetch_sub_seq_cst(&s->runq_count, taken);
  store_release(&p->tail, t); // pairs with runq_grab's load
  return first;
}

static struct g *globrunq_get(struct p *p, uint32_t max) {
  struct vine__sched *s = &vine__sched;
  if (load_relaxed(&s->runq_count) == 0)
    return NULL;
  vine__lock_acquire(&s->lock);
  uint32_t n = load_relaxed(&s->runq_count);
  n = n / load_relaxed(&s->maxprocs) + 1;
  struct g *g = globrunq_move_locked(p, n < max ? n : max);
  vine__lock_release(&s->lock);
  return g;
}

static struct g *steal_work(struct m *m) {
  uint32_t n = load_relaxed(&vine__sched.maxprocs);
  struct p *mine = vine__m_p(m);
  for (int round = 0; round < 4; round++) {
    uint32_t start = (uint32_t)(vine__rand(m) % n);
    for (uint32_t i = 0; i < n; i++) {
      struct p *p = vine__sched.allp[(start + i) % n];
      struct g *g = p == mine ? NULL : runq_steal(mine, p, round == 3);
      if (!g && round == 3 && vine__timers_run(p->id))
        g = runq_get_any(mine);
      if (g)
        return g;
    }
  }
  return NULL;
}

static bool any_work(void) {
  if (load_seq_cst(&vine__sched.runq_count) != 0)
    return true;
  // Without a P, so the number may rise: pairs with stop.c.
  uint32_t n = load_acquire(&vine__sched.maxprocs);
  for (uint32_t i = 0; i < n; i++)
    if (!vine__runq_is_empty(vine__sched.allp[i]))
      return true;
  return false;
}

static void stop_spinning(struct m *m) {
  m->spinning = false;
  fetch_sub_seq_cst(&vine__sched.spinning, 1);
}

// Whether a thread that has just made its P idle must look once more: when it
// was spinning, or nobody is. A waker counts as spinning for a moment before
// it takes an idle P; if it finds none it has woken nobody, and the goroutine
// that it queued is left to who makes a P idle next (SCHED5).
static bool must_look_again(struct m *m) {
  if (m->spinning)
    stop_spinning(m);
  else if (load_seq_cst(&vine__sched.spinning) != 0) // pairs with wakep_slow
    return false;
  fence_seq_cst(); // any_work's loads come after; pairs with vine__wakep
  return true;
}

// Gives the P back; true when this thread has another P already, because work
// appeared meanwhile.
static bool go_idle(struct m *m) {
  struct vine__sched *s = &vine__sched;
  vine__lock_acquire(&s->lock);
  if (s->runq_head) {
    vine__lock_release(&s->lock);
    return true;
  }
  vine__pidle_put_locked(vine__releasep(m));
  vine__lock_release(&s->lock);
  if (!must_look_again(m) || !any_work())
    return false;
  struct p *p = vine__pidle_get();
  if (!p)
    return false;
  vine__acquirep(m, p);
  m->spinning = true;
  fetch_add_seq_cst(&s->spinning, 1);
  return true;
}

// nextp is read only after a wake, which orders what the waker wrote (THREAD1).
void vine__stopm_for_p(struct m *m) {
  vine__m_deafen(m);
  do {
    if (load_acquire(&vine__sched.state) == VINE_STOPPED)
      vine__m_exit(m);
    vine__m_sleep(m);
  } while (!m->nextp);
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_NONE);
  vine__m_listen(m);
  vine__acquirep(m, m->nextp);
  m->nextp = NULL;
}

// Waits for timers, if nobody does. True: they are run, and this thread has a
// P again. False: it has none, and may sleep until someone brings one.
static bool wait_for_timers(struct m *m) {
  if (!vine__timers_wait())
    return false;
  if (vine__is_frozen())
    vine__m_freeze(m, TRAP_NONE);
  struct p *p = vine__pidle_get();
  if (!p)
    return false;
  vine__acquirep(m, p);
  vine__timers_run_all();
  return true;
}

// An idle thread beyond those that are always kept ends after this long.
#define IDLE_NS (2 * 1000 * 1000 * 1000ll)

static void sleep_idle(struct m *m) {
  struct vine__sched *s = &vine__sched;
  vine__m_deafen(m);
  if (wait_for_timers(m))
    return;
  vine__lock_acquire(&s->lock);
  if (load_relaxed(&s->state) == VINE_STOPPED || vine__m_is_surplus_locked(m)) {
    vine__lock_release(&s->lock);
    vine__m_exit(m);
  }
  m->idle_next = s->idle_m;
  s->idle_m = m;
  s->idle_m_count++;
  bool is_extra = vine__m_is_extra_locked(m);
  vine__lock_release(&s->lock);
  if (!is_extra || !vine__m_sleep_for(m, IDLE_NS)) {
    if (is_extra)
      vine__m_retire(m);
    vine__m_sleep(m);
  }
  while (load_acquire(&s->state) != VINE_STOPPED && !m->nextp)
    vine__m_sleep(m);
  if (!m->nextp)
    vine__m_exit(m);
  vine__acquirep(m, m->nextp);
  m->nextp = NULL;
}

// Any order must be right: rotates the queue, if VINEDEBUG=seed asks for it.
static __attribute__((noinline)) void shuffle(struct m *m) {
  if ((vine__rand(m) & 3) != 0)
    return;
  struct g *g = runq_get_any(vine__m_p(m));
  if (g)
    runq_put_tail(vine__m_p(m), g);
}

// vine_yield may go its fast way. VINEDEBUG's modes want to see every switch.
static void allow_fast_yields(struct m *m) {
  bool allowed = !(vine__debug.move | vine__debug.seed);
  store_relaxed(&m->fast_sp, allowed ? m->base_sp : VINE_NO_FAST_YIELD);
}

// The last turn is taken: what the global queue's first has waited for, and
// what sysmon ended goes on.
static __attribute__((noinline)) struct g *look_about(struct m *m) {
  struct p *p = vine__m_p(m);
  vine__turns_refill(p);
  allow_fast_yields(m);
  return globrunq_get(p, 1);
}

// What runs next inherits the time slice of what made it runnable, as in Go:
// else two that wake each other would keep this P for ever.
static inline __attribute__((always_inline)) struct g *find_local(struct m *m) {
  struct p *p = vine__m_p(m);
  struct g *g;
  vine__timers_check(p);
  if (load_relaxed(&p->left) == 0 && (g = look_about(m)) != NULL)
    goto fresh;
  if (__builtin_expect(vine__debug.seed != 0, 0))
    shuffle(m);
  if ((g = runq_get_next(p)) != NULL) {
    vine__turns_inherit(p);
    return g;
  }
  if ((g = runq_get(p)) == NULL && (g = globrunq_get(p, VINE_RUNQ / 2)) == NULL)
    return NULL;
fresh:
  vine__turns_take(p);
  return g;
}

// The world is being stopped: gives the P back and waits for another one.
static void pause_here(struct m *m) {
  struct vine__sched *s = &vine__sched;
  if (m->spinning)
    stop_spinning(m);
  vine__lock_acquire(&s->lock);
  bool is_pausing = load_relaxed(&s->state) == VINE_PAUSING;
  if (is_pausing)
    vine__pidle_put_locked(vine__releasep(m));
  vine__lock_release(&s->lock);
  if (is_pausing)
    sleep_idle(m);
}

// For what didn't come by find_local, from this P or another.
static void take_turn(struct m *m) {
  struct p *p = vine__m_p(m);
  if (load_relaxed(&p->left) == 0)
    vine__turns_refill(p);
  vine__turns_take(p);
}

static __attribute__((noinline)) struct g *find_runnable(struct m *m) {
  struct vine__sched *s = &vine__sched;
  for (;;) {
    uint32_t state = load_acquire(&s->state);
    if (state == VINE_STOPPED)
      vine__m_exit(m);
    if (state == VINE_FROZEN)
      vine__m_freeze(m, TRAP_NONE);
    if (state == VINE_PAUSING) {
      pause_here(m);
      continue;
    }
    struct g *g = find_local(m);
    if (g)
      return g;
    uint32_t busy = load_relaxed(&s->maxprocs) - load_relaxed(&s->idle_p_count);
    if (m->spinning || 2 * load_relaxed(&s->spinning) < busy) {
      if (!m->spinning) {
        m->spinning = true;
        fetch_add_seq_cst(&s->spinning, 1);
      }
      g = steal_work(m);
      if (g) {
        take_turn(m);
        return g;
      }
    }
    if (!go_idle(m))
      sleep_idle(m);
  }
}

// --- running ---

static __attribute__((noinline)) void wake_up(struct g *g, struct p *p) {
  if (g->flags & G_FLAG_HIBERNATED)
    vine__stack_wake(g, &p->cache);
  if (g->flags & G_FLAG_FP)
    vine__fp_enter(g);
}

static inline __attribute__((always_inline)) _Noreturn void
execute(struct m *m, struct g *g) {
  struct p *p = m->p;
  if (__builtin_expect(g->flags & (G_FLAG_HIBERNATED | G_FLAG_FP), 0))
    wake_up(g, p);
  VINE_DCHECK(vine__g_status(g) == G_RUNNABLE, "execute: can't run");
  store_release(&m->g, g); // pairs with vine__m_preempt in sysmon.c
  *m->errno_addr = g->err;
  vine__san_release_own(&m->call_sp); // pairs with take in sysmon.c
  vine__san_run(&m->san, &g->san, g->lo, g->hi);
  vine__gogo(g, m);
}

// --- yield ---
//
// Two goroutines that give way to each other, or a thousand, need nothing of
// the scheduler but the queue: vine_yield's stub (YIELD, switch.S) goes from
// one goroutine's stack to the next one's and never sees the system stack.
// That halves the instructions of a yield.

// What a goroutine must not have, to leave or to come by the fast way: its
// context isn't on its growable stack, or more belongs to it than the words
// that change hands here. (A growable one whose context is elsewhere, below
// foreign frames, is bound to its thread.)
#define NOT_FAST (G_FLAG_FIXED | G_FLAG_BOUND | G_FLAG_HIBERNATED | G_FLAG_FP)

// What the scheduler would do after the last turn, if it would find nothing.
static inline __attribute__((always_inline)) bool may_refill(struct p *p) {
  if (!vine__is_undisturbed(p))
    return false;
  vine__turns_refill(p);
  return true;
}

// Whether m's goroutine runs on its growable stack, with no foreign frames
// below, and p's queue is all that matters now.
static inline bool may_yield_fast(struct m *m, struct p *p) {
  return vine__m_call_sp(m) == load_relaxed(&m->fast_sp) &&
         !load_relaxed(&p->runnext) &&
         (__builtin_expect(load_relaxed(&p->left) != 0, 1) || may_refill(p));
}

// The first of p's queue and g can change places by the fast way: takes it off,
// else null. Owner only.
static inline struct g *runq_get_fast(struct p *p, const struct g *g,
                                      bool *has_side) {
  uint32_t h = load_acquire(&p->head); // pairs with thieves' cas
  uint32_t t = load_relaxed(&p->tail);
  if (__builtin_expect(t == h, 0))
    return NULL;
  runq_prefetch(p, h, t);
  struct g *next = load_relaxed(&p->runq[h % VINE_RUNQ]);
  // If a thief has it, what was read of it may be stale.
  uint8_t flags = g->flags | next->flags;
  if (__builtin_expect(flags & (NOT_FAST | G_FLAG_SIDE), 0) &&
      (flags & NOT_FAST))
    return NULL;
  *has_side = flags & G_FLAG_SIDE;
  return runq_advance(p, h) ? next : NULL;
}

// The side stack's words in the thread become next's. Its own are zero if it
// has none.
static inline void side_switch(struct g *g, const struct g *next) {
  g->side_regs.ssp = VINE_TCB(VINE_TCB_SSP);
  vine__side_regs_set(next->side_regs);
}

// Stores are what a switch costs, so only where the value is another one.
static inline void errno_switch(struct m *m, struct g *g,
                                const struct g *next) {
  int err = *m->errno_addr;
  if (__builtin_expect(g->err != err, 0))
    g->err = err;
  if (__builtin_expect(next->err != err, 0))
    *m->errno_addr = next->err;
}

// Runs on the goroutine's stack, below its context: a leaf, within the budget.
// Takes the next goroutine off the queue and makes everything but the stack
// pointer its own. The caller queues g, after it has left g's stack: from then
// on a thief may run it. The queue has room, for one was taken out.
struct vine__yield vine__yield_fast(struct m *m, struct g *g) {
  struct vine__yield slow = {NULL, NULL};
  struct p *p = m->p;
  struct g *next;
  bool has_side;
  if (__builtin_expect(!may_yield_fast(m, p), 0) ||
      __builtin_expect(!(next = runq_get_fast(p, g, &has_side)), 0))
    return slow;
  VINE_DCHECK(!g->held && !m->held && !g->hold_depth, "yield: bound");
  if (__builtin_expect(has_side, 0))
    side_switch(g, next);
  errno_switch(m, g, next);
  VINE_DCHECK(vine__g_status(next) == G_RUNNABLE, "yield: can't run");
  store_release(&m->g, next); // pairs with vine__m_preempt in sysmon.c
  vine__turns_take(p);
  return (struct vine__yield){next, p};
}

// g may only run on g->held: give that thread our P, and wait for another.
static void start_held(struct m *m, struct g *g) {
  struct m *to = g->held;
  struct p *p = vine__releasep(m);
  to->nextp = p;
  vine__m_wake(to);
  sleep_idle(m);
}

// This thread has a goroutine of its own on its stack: it can run no other.
// Waits for a P that comes with it.
static __attribute__((noinline)) _Noreturn void schedule_held(struct m *m) {
  struct g *g = m->held;
  if (vine__m_p(m))
    vine__handoffp(vine__releasep(m));
  vine__stopm_for_p(m);
  take_turn(m);
  execute(m, g);
}

static __attribute__((noinline)) _Noreturn void schedule_slow(struct m *m) {
  for (;;) {
    struct g *g = find_runnable(m);
    if (m->spinning) {
      stop_spinning(m);
      vine__wakep();
    }
    if (!g->held) {
      vine__m_listen(m);
      execute(m, g);
    }
    start_held(m, g);
  }
}

_Noreturn void vine__schedule_first(struct m *m) {
  allow_fast_yields(m);
  if (m->held) // main's, when all Ps are taken
    schedule_held(m);
  if (!m->p)
    sleep_idle(m);
  schedule_slow(m);
}

_Noreturn void vine__schedule(struct m *m) {
  VINE_DCHECK(!m->g && !m->spinning, "schedule: has a goroutine, or spins");
  vine__lock_check_none_held();
  if (m->held)
    schedule_held(m);
  if (!vine__m_p(m)) { // lost in a foreign call: vine__reenter
    sleep_idle(m);
    schedule_slow(m); // who woke it may have made it a spinning one
  }
  if (load_relaxed(&vine__sched.state) == VINE_RUNNING) {
    struct g *g = find_local(m);
    if (g && !g->held)
      execute(m, g);
    if (g)
      start_held(m, g);
  }
  schedule_slow(m);
}

_Noreturn void vine__reschedule(struct m *m, struct g *g, bool global) {
  vine__g_save(m, g);
  g->ret = 0;
  store_relaxed(&m->g, NULL);
  if (global || g->held) {
    // What runs alone may be preempted too: the thread that it leaves would
    // take its signals until it sleeps.
    vine__m_deafen(m);
    globrunq_put(g); // g may run elsewhere from here on
    // Also when this P runs something else next: a thread that goes idle may
    // have looked here before, and into this P's queue after (SCHED5).
    vine__wakep();
  } else {
    runq_put(m, vine__m_p(m), g, false);
  }
  if (load_relaxed(&m->deaf) && vine__m_p(m) && !m->held)
    schedule_slow(m); // which listens
  vine__schedule(m);
}
