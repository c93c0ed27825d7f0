// SPDX-License-Identifier: MIT
// include/vine/sync.h and group.h: the parts that may block, or wake.
//
// How it works. Waiters are in the parking lot (parkinglot.c), by the address
// of the lock. The word of a lock says whether there may be waiters; it changes
// to "none" only under the bucket's lock. The instruction that unlocks is the
// last that touches the word: the next owner may free it.
//
// A blocked call doesn't come back to C here. Where the woken one must try
// again (mutex), the stub's result says so, and the loop is in the header.
//
// The mutex. LOCKED; PARKED: somebody may be parked; WOKEN: a waiter was
// woken and will try, so that unlocking need not wake another. A goroutine that
// arrives may take the lock before the woken one does. The woken one then waits
// again, in front, with the time at which it first began. (That is Go's normal
// mode. It is fast, since the lock needn't be idle until a woken goroutine
// runs.) A waiter of more than STARVED_NS is given the lock by the unlock
// itself: LOCKED stays set (Go's starvation mode).
//
// Invariants:
// (SYNC1) A waiter is queued only while LOCKED and PARKED are set, or WOKEN is:
//      so somebody will wake it. Checked under the bucket's lock. PARKED stays
//      set while a waiter is queued.
// (SYNC2) WOKEN is set only while one woken waiter hasn't tried yet. That
// waiter
//      clears it, by locking or before it waits again.
// (SYNC3) A semaphore's or group's bit is 1 while anyone waits.
//
// For sanitizer.h: each call here goes on with the ordering by the lock's
// address that the inline calls begin.
//
// Runs on: system stack or a plain thread.
// See also: parkinglot.c, Go's internal/sync/mutex.go and sync/rwmutex.go.

#include "api/entry.h"
#include "base/fatal.h"
#include "os/os.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sync/parkinglot.h"

#include <vine/sync.h>

#include <errno.h>

enum { LOCKED = 1, PARKED = 2, WOKEN = 4 };

_Static_assert(sizeof(vine_mutex) == 4, "the word is the mutex");
_Static_assert(LOCKED == 1 && PARKED == 2 && WOKEN == 4,
               "vine/sync.h has the numbers, too");

#define STARVED_NS (1000 * 1000ll) // Go's starvationThresholdNs
#define SPINS 4                    // Go's active_spin
#define SPIN_PAUSES 30             // Go's active_spin_cnt

// --- mutex ---

static _Atomic uint32_t *word_of(vine_mutex *m) {
  return (_Atomic uint32_t *)&m->state;
}

static bool mutex_is_valid(uint32_t state) {
  return state <= (LOCKED | PARKED | WOKEN);
}

// Spinning is worth it only if the owner can run meanwhile, and if this
// processor has nothing better to do.
static bool may_spin(void) {
  uint32_t procs = load_relaxed(&vine__sched.maxprocs);
  if (load_relaxed(&vine__sched.idle_p_count) + 1 >= procs)
    return false;
  struct g *g = vine__getg();
  struct p *p = g ? vine__m_p(vine__getm()) : NULL;
  return !p || vine__runq_looks_empty(p);
}

static bool spin(unsigned i) {
  if (i >= SPINS || !may_spin())
    return false;
  for (int n = 0; n < SPIN_PAUSES; n++)
    vine__cpu_relax();
  return true;
}

// PARKED was set; the bucket tells whether that is still so (SYNC1). True:
// waited.
static bool park_in(vine_mutex *m, int64_t since, int64_t until, int64_t *ret) {
  struct vine__bucket *b = vine__parking_lock(m);
  uint32_t s = load_relaxed(word_of(m));
  if ((s & (LOCKED | PARKED)) != (LOCKED | PARKED)) {
    vine__parking_unlock(b);
    return false;
  }
  struct vine__parking_wait o = {
      .addr = m,
      .word = (uint64_t)(since ? since : vine__os_nanotime()),
      .why = VINE_WAIT_MUTEX,
      .until = until,
      .front = since != 0,
  };
  VINE_DCHECK(o.word != 0, "mutex: waits since 0, which means locked");
  *ret = vine__parking_wait(b, &o);
  return true;
}

// A waiter that times out leaves PARKED as it is: whoever unlocks finds out.
int64_t vine__mutex_wait_until_sys(vine_mutex *m, int64_t since,
                                   int64_t until) {
  uint32_t mine = since ? WOKEN : 0; // SYNC2
  uint32_t s = load_relaxed(word_of(m));
  VINE_DCHECK(mutex_is_valid(s), "mutex: not a mutex");
  VINE_DCHECK(!mine || (s & WOKEN), "SYNC2: woken, and the bit is gone");
  for (unsigned i = 0;;) {
    if (!(s & LOCKED)) {
      if (!cas_acquire(word_of(m), &s, (s | LOCKED) & ~mine))
        continue;
      vine__san_acquire(m);
      return 0;
    }
    if (!(s & PARKED) && spin(i++)) {
      s = load_relaxed(word_of(m));
      continue;
    }
    if (((s & PARKED) && !mine) ||
        cas_relaxed(word_of(m), &s, (s | PARKED) & ~mine)) {
      mine = 0;
      int64_t ret;
      if (park_in(m, since, until, &ret))
        return ret;
      s = load_relaxed(word_of(m));
    }
  }
}

int64_t vine__mutex_wait_sys(vine_mutex *m, int64_t since) {
  return vine__mutex_wait_until_sys(m, since, 0);
}

// A waiter is woken already: unlocking is enough.
static bool unlock_beside_woken(vine_mutex *m) {
  uint32_t s = load_relaxed(word_of(m));
  if (!(s & LOCKED))
    vine__fatal("sync: unlock of unlocked mutex");
  while (s & WOKEN)
    if (cas_release(word_of(m), &s, s & ~(uint32_t)LOCKED))
      return true;
  return false;
}

void vine__mutex_wake_sys(vine_mutex *m) {
  vine__san_sync(m); // cond_unlock is called when its goroutine has stopped
  if (unlock_beside_woken(m))
    return;
  struct vine__bucket *b = vine__parking_lock(m);
  struct vine__parked *w = vine__parking_first(b, m);
  VINE_DCHECK(mutex_is_valid(load_relaxed(word_of(m))), "mutex: not a mutex");
  VINE_DCHECK((load_relaxed(word_of(m)) & (LOCKED | WOKEN)) == LOCKED,
              "SYNC2: woken by two");
  VINE_DCHECK(!w || (load_relaxed(word_of(m)) & PARKED),
              "SYNC1: a waiter, and no bit");
  if (!w) {
    store_release(word_of(m), 0);
    vine__parking_unlock(b);
    return;
  }
  uint32_t parked = vine__parking_next(w) ? PARKED : 0;
  vine__parking_take(b, w);
  int64_t since = (int64_t)w->word;
  bool starved = vine__os_nanotime() - since > STARVED_NS;
  store_release(word_of(m), parked | (starved ? LOCKED : WOKEN));
  vine__parking_unlock(b);
  vine__parking_wake(w, starved ? 0 : since);
}

// --- readers and writers: Go's algorithm ---

int vine__rwmutex_reader_wait_sys(vine_rwmutex *rw) {
  return (int)vine__sema_acquire(&rw->reader_sema, VINE_WAIT_RWMUTEX_READ);
}

// `readers` is below 0: a writer wants the lock, or it wasn't read-locked.
void vine__rwmutex_reader_leave_sys(vine_rwmutex *rw, int32_t readers) {
  if (readers == -1 || readers == -VINE__RW_WRITER - 1)
    vine__fatal("sync: RUnlock of unlocked RWMutex");
  VINE_DCHECK(readers < 0, "rwmutex: no writer waits for this reader");
  vine__san_sync(&rw->reader_wait);
  // The last of the readers that the writer found lets it in.
  if (__atomic_sub_fetch(&rw->reader_wait, 1, __ATOMIC_ACQ_REL) == 0)
    vine__sema_release(&rw->writer_sema, 1);
}

int vine__rwmutex_writer_wait_sys(vine_rwmutex *rw) {
  return (int)vine__sema_acquire(&rw->writer_sema, VINE_WAIT_RWMUTEX_WRITE);
}

void vine__rwmutex_writer_leave_sys(vine_rwmutex *rw, int32_t readers) {
  if (readers >= VINE__RW_WRITER)
    vine__fatal("sync: Unlock of unlocked RWMutex");
  VINE_DCHECK(readers > 0, "rwmutex: no readers to let in");
  vine__sema_release(&rw->reader_sema, (uint32_t)readers);
}

// --- condition variable ---

static void cond_update(struct vine__bucket *b, vine_cond *c) {
  if (!vine__parking_first(b, c))
    __atomic_store_n(&c->waiters, 0, __ATOMIC_RELAXED);
}

static void cond_timed_out(struct vine__bucket *b, void *c,
                           struct vine__waitq_chain *taken) {
  (void)taken;
  cond_update(b, c);
}

static void cond_unlock(void *arg) {
  vine_mutex *m = arg;
  vine_mutex_unlock(m);
}

int vine__cond_park_sys(vine_cond *c, vine_mutex *m, int64_t until) {
  vine__san_release(m);
  struct vine__bucket *b = vine__parking_lock(c);
  __atomic_store_n(&c->waiters, 1, __ATOMIC_SEQ_CST); // before m is unlocked
  struct vine__parking_wait o = {
      .addr = c,
      .why = VINE_WAIT_COND,
      .until = until,
      .on_timeout = cond_timed_out,
      .then = cond_unlock,
      .then_arg = m,
  };
  return (int)vine__parking_wait(b, &o);
}

void vine__cond_wake_sys(vine_cond *c, bool all) {
  struct vine__bucket *b = vine__parking_lock(c);
  struct vine__parked *w = vine__parking_first(b, c);
  struct vine__waitq_chain taken;
  vine__waitq_chain_init(&taken);
  VINE_DCHECK(!w || __atomic_load_n(&c->waiters, __ATOMIC_RELAXED),
              "cond: a waiter, and no bit");
  if (all)
    vine__parking_take_all(b, c, &taken);
  else if (w)
    vine__parking_take_to(b, w, &taken);
  cond_update(b, c); // those taken still use c
  vine__parking_unlock(b);
  vine__parking_wake_all(&taken);
}

// --- weighted semaphore ---

// Takes those that may have their permits now, first come first served.
static void sem_grant(struct vine__bucket *b, void *addr,
                      struct vine__waitq_chain *taken) {
  vine_sem *s = addr;
  struct vine__parked *w = vine__parking_first(b, s);
  while (w) {
    int64_t v = __atomic_load_n(&s->state, __ATOMIC_RELAXED);
    int64_t cost = 2 * (int64_t)w->word;
    VINE_DCHECK(v & 1, "SYNC3: a waiter, and no bit");
    if (v < cost)
      return;
    __atomic_fetch_sub(&s->state, cost, __ATOMIC_ACQUIRE);
    w = vine__parking_take_to(b, w, taken);
  }
  __atomic_fetch_and(&s->state, ~1ll, __ATOMIC_RELAXED); // SYNC3
}

static void check_permits(int64_t n) {
  if (!vine__sem_can_have(n))
    vine__fatal("sync: semaphore count out of range");
}

// Nobody waits here at s, so nobody but the caller may keep s alive.
void vine__sem_wake_sys(vine_sem *s) {
  check_permits(__atomic_load_n(&s->state, __ATOMIC_RELAXED) >> 1);
  vine__san_acquire(s); // what earlier releases let go
  struct vine__bucket *b = vine__parking_lock(s);
  struct vine__waitq_chain taken;
  vine__waitq_chain_init(&taken);
  if (vine__parking_first(b, s))
    sem_grant(b, s, &taken);
  vine__parking_unlock(b);
  vine__parking_wake_all(&taken);
}

int vine__sem_wait_sys(vine_sem *s, int64_t n, int64_t until) {
  check_permits(n);
  check_permits(__atomic_load_n(&s->state, __ATOMIC_RELAXED) >> 1);
  struct vine__bucket *b = vine__parking_lock(s);
  int64_t v = __atomic_fetch_or(&s->state, 1, __ATOMIC_ACQ_REL);
  bool first = !vine__parking_first(b, s);
  VINE_DCHECK(n >= 0 && v >= 0, "sem: negative");
  VINE_DCHECK(first || (v & 1), "SYNC3: a waiter, and no bit");
  bool late = vine__until_is_deadline(until) && vine__os_nanotime() >= until;
  if (first && v >= 2 * n)
    __atomic_fetch_sub(&s->state, 2 * n + 1, __ATOMIC_ACQ_REL);
  else if (first && late)
    __atomic_fetch_and(&s->state, ~1ll, __ATOMIC_RELAXED);
  if ((first && v >= 2 * n) || late) {
    vine__parking_unlock(b);
    vine__san_acquire(s);
    return first && v >= 2 * n ? 0 : -ETIMEDOUT;
  }
  struct vine__parking_wait o = {
      .addr = s,
      .word = (uint64_t)n,
      .why = VINE_WAIT_SEMA,
      .until = until,
      .on_timeout = sem_grant,
  };
  return (int)vine__parking_wait(b, &o);
}
