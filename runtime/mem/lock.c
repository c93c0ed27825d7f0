// SPDX-License-Identifier: MIT
// How it works (after Go's lock_spinbit.go, 1.24). Whoever finds the lock taken
// spins for a moment if nobody else does, and else sleeps: however many want
// it, one holds it and one spins, and the line with the word doesn't fly
// between all of them. The sleepers are a list through records on their own
// stacks, the newest first. The holder takes one out and wakes it as it
// releases, but not while somebody spins: that one takes the lock, and its
// release sees to them. So two threads that use a lock in turn make no system
// calls, whoever sleeps beside them.
//
// A woken thread counts as the one that spins from before it is woken. It finds
// out from its own record that it does, so that nobody touches the lock after
// the release: its memory may be gone by then.
//
// Nobody sleeps for long. Each WAKE_ANYHOW-th release beside sleepers and one
// who spins wakes one all the same, the one that sleeps longest, and so does
// each OLDEST-th of the others that wake one.
//
// Invariants.
// (LOCK1) Only the holder makes the word not LOCKED, and only the holder takes
//      records out of the list, or reads them.
// (LOCK2) While there are sleepers the word is LOCKED or SPINNING: there is
//      someone whose release will see them. Where it is RESERVED, SPINNING.
// (LOCK3) A thread holds locks in ascending (rank, address) order.
//
// Checked: tests/model/lock.pml (mutual exclusion, LOCK2).
//
// Locking and rank: this file is what checks them. The record of held locks
// is a per-thread array, debug builds only.
// Runs on system stacks and on plain threads; never parks, grows, allocates.
//
// Rejected: Drepper's third mutex: all who find the lock taken spin, and each
// release beside a sleeper is a system call (389, 629, 683 and 734 ns at 2, 4,
// 8 and 16 processors in the measurement of VINE_LOCK_SPIN, config.h). Queue
// locks (MCS): fairer, but a holder that is preempted by the kernel stalls all
// behind it. pthread_mutex: 40 bytes, and it saves nothing.
#include "mem/lock.h"

#include "arch/arch.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "mem/reserve.h"
#include "os/os.h"

#define LOCKED VINE_LOCK_LOCKED
#define SPINNING VINE_LOCK_SPINNING
#define SLEEPERS VINE_LOCK_SLEEPERS
#define RESERVED VINE_LOCK_RESERVED
// None where ranks aren't checked: words are compared with numbers then.
#define RANK (VINE_CHECK_LEVEL >= 1 ? ~0ull << VINE_LOCK_RANK_SHIFT : 0)

// Bound how long a sleeper is passed over. Whoever spins has the lock, or goes
// to sleep, within VINE_LOCK_SPIN pauses; then one is woken, the oldest each
// fourth time. So it is some four times as many such turns as there are
// sleepers, a millisecond or two for 15 of them. To take out the oldest is to
// walk past all others, with the lock held: not each time.
#define WAKE_ANYHOW 256
#define OLDEST 4

// A thread that sleeps, on its own stack.
struct sleeper {
  struct sleeper *next; // older; written before it is in the list
  _Atomic uint32_t state;
} __attribute__((aligned(16)));

// WOKEN_TO_SPIN: SPINNING is on its behalf.
enum { ASLEEP, WOKEN, WOKEN_TO_SPIN };

static struct sleeper *sleepers_of(uint64_t word) {
  return (struct sleeper *)(uintptr_t)(word & SLEEPERS);
}

#if VINE_CHECK_LEVEL >= 1

// Locks held at once by one thread that are checked: fork handlers hold all
// of the allocator. A select over more channels holds some unchecked.
#define HELD_MAX 160

static _Thread_local struct {
  const struct vine__lock *lock[HELD_MAX];
  int count;
  int unchecked;
} held;

static uint64_t rank_of(const struct vine__lock *l) {
  return load_relaxed(&l->word) >> VINE_LOCK_RANK_SHIFT;
}

static bool may_follow(const struct vine__lock *outer,
                       const struct vine__lock *inner) {
  uint64_t before = rank_of(outer), after = rank_of(inner);
  if (after == VINE_RANK_NONE || before == VINE_RANK_NONE)
    return inner != outer;
  return after > before || (after == before && inner > outer);
}

static void rank_check(const struct vine__lock *l) {
  VINE_ASSERT(rank_of(l) < VINE_RANK_COUNT, "lock: not initialised");
  for (int i = 0; i < held.count; i++)
    VINE_ASSERT(may_follow(held.lock[i], l),
                "lock: taken out of order (LOCK3)");
}

static void rank_push(const struct vine__lock *l) {
  if (held.count == HELD_MAX)
    held.unchecked++;
  else
    held.lock[held.count++] = l;
}

// Mostly the last one, but releases may come in any order.
static void rank_pop(const struct vine__lock *l) {
  int i = held.count - 1;
  while (i >= 0 && held.lock[i] != l)
    i--;
  if (i < 0 && held.unchecked > 0) {
    held.unchecked--;
    return;
  }
  VINE_ASSERT(i >= 0, "lock: released by a thread that doesn't hold it");
  for (held.count--; i < held.count; i++)
    held.lock[i] = held.lock[i + 1];
}

void vine__lock_check_none_held(void) {
  VINE_ASSERT(held.count + held.unchecked == 0, "lock: held where none may be");
}

#else

static void rank_check(const struct vine__lock *l) { (void)l; }
static void rank_push(const struct vine__lock *l) { (void)l; }
static void rank_pop(const struct vine__lock *l) { (void)l; }

#endif

void vine__lock_init(struct vine__lock *l, enum vine__lock_rank rank) {
  uint64_t kept = VINE_CHECK_LEVEL >= 1 ? (uint64_t)rank : 0;
  store_relaxed(&l->word, kept << VINE_LOCK_RANK_SHIFT);
}

// --- taking it ---

// Acquire pairs with the release in vine__lock_release.
static bool try_take(struct vine__lock *l) {
  uint64_t v = load_relaxed(&l->word);
  return !(v & LOCKED) && cas_acquire(&l->word, &v, v | LOCKED);
}

// How a thread wants it that found it taken.
struct want {
  bool has_bit;       // SPINNING is this thread's
  bool has_slept;     // spins beside another, too
  int pauses, before; // before the next look; before this one
  bool has_looked;    // at a reservation, too
  uint32_t used;      // then: vine__reserve_look at the last look
};

static struct want new_want(void) {
  return (struct want){.pauses = VINE_LOCK_SPIN_FIRST};
}

// Pauses, longer each time: each look takes the word's line from the holder,
// which goes faster undisturbed. False: it is time to sleep.
static bool pause_more(struct want *w) {
  if (w->before >= VINE_LOCK_SPIN)
    return false;
  for (int i = 0; i < w->pauses; i++)
    vine__cpu_relax();
  w->before += w->pauses;
  w->pauses *= w->pauses < VINE_LOCK_SPIN_STEP ? 2 : 1;
  return true;
}

// The bit also costs the holder its line: not for a first short wait.
static bool wants_bit(const struct want *w, uint64_t v) {
  return !w->has_bit && !(v & SPINNING) && w->before != 0;
}

// Whether to spin: alone, or as one that was woken.
static bool may_spin(const struct want *w, uint64_t v) {
  return w->has_bit || w->has_slept || !(v & SPINNING);
}

// Whether a reservation is to end: its owner hasn't used it since the last
// look, or has had it for long since the first one.
static bool must_revoke(const struct vine__lock *l, struct want *w,
                        uint64_t v) {
  if (!(v & RESERVED) || !w->has_bit)
    return false;
  uint32_t used = vine__reserve_look(l);
  if (!w->has_looked)
    *w = (struct want){.has_bit = true,
                       .has_slept = w->has_slept,
                       .pauses = VINE_LOCK_SPIN_FIRST,
                       .has_looked = true,
                       .used = used};
  else if ((used == w->used && !(used & 1)) || w->before >= VINE_RESERVE_SPIN)
    return true;
  w->used = used;
  return false;
}

// Takes the lock, or returns false when it is time to sleep. *v: the word.
static bool spin(struct vine__lock *l, struct want *w, uint64_t *v) {
  for (;;) {
    if (!(*v & LOCKED)) {
      uint64_t kept = *v & ~(uint64_t)(w->has_bit ? SPINNING : 0);
      if (cas_acquire(&l->word, v, kept | LOCKED))
        return true;
    } else if (wants_bit(w, *v)) {
      w->has_bit = cas_relaxed(&l->word, v, *v | SPINNING);
      if (w->has_bit)
        *v |= SPINNING;
    } else if (must_revoke(l, w, *v)) {
      if (vine__lock_revoke(l, v))
        return true;
    } else {
      if (!may_spin(w, *v) || !pause_more(w))
        return false;
      *v = load_relaxed(&l->word);
    }
  }
}

// Whether there is somebody whose release will see a new sleeper: LOCK2.
static bool may_sleep(uint64_t v, bool has_bit) {
  if (v & RESERVED)
    return v & SPINNING && !has_bit; // RESERVE2
  return v & LOCKED;
}

// Whether this thread is in the list. Release pairs with release_and_wake.
static bool enlist(struct vine__lock *l, struct sleeper *me, bool has_bit,
                   uint64_t *v) {
  while (may_sleep(*v, has_bit)) {
    uint64_t rest = *v & ~(SLEEPERS | (has_bit ? SPINNING : 0));
    me->next = sleepers_of(*v);
    store_relaxed(&me->state, ASLEEP);
    if (cas_release(&l->word, v, rest | (uintptr_t)me))
      return true;
  }
  return false;
}

// Whether SPINNING is this thread's from now on.
static bool sleep_in(struct sleeper *me) {
  uint32_t state;
  while ((state = load_acquire(&me->state)) == ASLEEP)
    vine__os_futex_wait(&me->state, ASLEEP, -1);
  return state == WOKEN_TO_SPIN;
}

static __attribute__((noinline)) void acquire_slow(struct vine__lock *l) {
  struct sleeper me;
  struct want w = new_want();
  uint64_t v = load_relaxed(&l->word);
  VINE_ASSERT(sleepers_of((uintptr_t)&me) == &me, "lock: the record's address");
  while (!spin(l, &w, &v)) {
    if (enlist(l, &me, w.has_bit, &v)) {
      bool has_bit = sleep_in(&me);
      w = new_want();
      w.has_bit = has_bit;
      w.has_slept = true;
      v = load_relaxed(&l->word);
    }
  }
}

void vine__lock_acquire(struct vine__lock *l) {
  rank_check(l);
  if (!try_take(l))
    acquire_slow(l);
  rank_push(l);
}

// Needs no rank check: it never waits.
bool vine__lock_try_acquire(struct vine__lock *l) {
  if (!try_take(l))
    return false;
  rank_push(l);
  return true;
}

// --- releasing it ---

// Of this thread: releases that let sleepers sleep, and those that woke one.
static _Thread_local uint32_t kept_asleep, woke;

// Takes the oldest out, if it isn't the newest as well. LOCK1
static struct sleeper *take_oldest(struct sleeper *newest) {
  struct sleeper *before = newest, *s = newest->next;
  if (!s)
    return NULL;
  for (; s->next; s = s->next)
    before = s;
  before->next = NULL;
  return s;
}

// Releases a lock that somebody sleeps for, and wakes one.
static __attribute__((noinline)) void release_and_wake(struct vine__lock *l) {
  uint64_t v = load_acquire(&l->word); // pairs with enlist
  struct sleeper *out = NULL, *s;
  if (v & SPINNING || woke++ % OLDEST == 0)
    out = take_oldest(sleepers_of(v));
  for (;;) {
    s = out ? out : sleepers_of(v);
    uint64_t rest = out ? v : (v & ~SLEEPERS) | (uintptr_t)s->next;
    if (cas_acq_rel(&l->word, &v, (rest & ~(uint64_t)LOCKED) | SPINNING))
      break;
  }
  // l may be gone.
  store_release(&s->state, v & SPINNING ? WOKEN : WOKEN_TO_SPIN);
  vine__os_futex_wake(&s->state, 1); // s may be gone: then it wakes nobody
}

// Whether one is to be woken at the release of a lock with that word.
static bool must_wake(uint64_t v) {
  return v & SLEEPERS && (!(v & SPINNING) || ++kept_asleep % WAKE_ANYHOW == 0);
}

static __attribute__((noinline)) void release_slow(struct vine__lock *l,
                                                   uint64_t v) {
  do {
    VINE_ASSERT(v & LOCKED, "lock: released while free (LOCK1)");
    if (must_wake(v)) {
      release_and_wake(l);
      return;
    }
  } while (!cas_release(&l->word, &v, v & ~(uint64_t)LOCKED));
}

void vine__lock_release(struct vine__lock *l) {
  rank_pop(l);
  uint64_t v = load_relaxed(&l->word), rank = v & RANK;
  if (v != (rank | LOCKED) || !cas_release(&l->word, &v, rank))
    release_slow(l, v);
}

void vine__lock_adopt(struct vine__lock *l) {
  VINE_DCHECK(vine__lock_is_held(l), "lock: adopted while free");
  rank_check(l);
  rank_push(l);
}

#if VINE_CHECK_LEVEL >= 1

void vine__lock_enter(struct vine__lock *l) { vine__lock_adopt(l); }

void vine__lock_leave(struct vine__lock *l) { rank_pop(l); }

void vine__lock_take_alone(struct vine__lock *l) {
  uint64_t v = load_relaxed(&l->word);
  VINE_ASSERT((v & ~RANK) == 0, "lock: wanted by others");
  store_relaxed(&l->word, v | LOCKED);
  vine__lock_adopt(l);
}

void vine__lock_drop_alone(struct vine__lock *l) {
  uint64_t v = load_relaxed(&l->word);
  rank_pop(l);
  VINE_ASSERT((v & ~RANK) == LOCKED, "lock: free, or wanted by others");
  store_relaxed(&l->word, v & RANK);
}

#endif

bool vine__lock_is_held(const struct vine__lock *l) {
  return load_relaxed(&((struct vine__lock *)(uintptr_t)l)->word) & LOCKED;
}

// The sleepers stayed in the parent: nobody to wake.
void vine__lock_reset_child(struct vine__lock *l) {
  rank_pop(l);
  VINE_ASSERT(vine__lock_is_held(l), "lock: reset of a free lock (LOCK1)");
  uint64_t bits = LOCKED | SPINNING | RESERVED | VINE_LOCK_REVOKING | SLEEPERS;
  store_relaxed(&l->word, load_relaxed(&l->word) & ~bits);
}
