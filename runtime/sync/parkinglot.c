// SPDX-License-Identifier: MIT
// The parking lot. parkinglot.h has the contract.
//
// How it works. A table of buckets, chosen by a hash of the address. A bucket
// has a lock and a queue of waiters, in which those of one address are in
// order; or where waiters for many addresses come together, a table of queues,
// chosen by further bits of the hash. It grows with the waiters that find
// somebody else's last in their queue, so that a waker passes one or two of
// those, and when wakers pass many all the same, which a million waiters for
// one address before one for another make them do. It goes when the bucket is
// empty. Who has the lock sees nothing of it. A waiter with a deadline has a
// timer in its record; the timer's function and wakers meet under the bucket's
// lock, where the entry tells which of them was first (WAITQ1).
//
// Invariants:
// (PARKING1) A record is in one bucket's queue, or belongs to whoever took it.
// (PARKING2) Only vine__sema_* touch the memory at addr, and only while a
//      waiter keeps it alive, or somebody who is on the way to acquire.
// (PARKING3) When a waker took a timed record and could not stop its timer, the
//      second of waker and timer function frees it.
// (PARKING4) A record is in the queue of its bucket that queue_of tells. So all
//      for one address are in one queue, and they stay in order when a bucket's
//      table grows. The table changes under the bucket's lock only.
//
// Locking: one bucket at a time, rank SEMA, biased (bias.h); wakes nobody under
// it.
// Runs on: system stack or a plain thread. Allocates a record per goroutine,
// and tables, under the bucket's lock.
//
// Rejected: queues inside the locks (32 bytes each instead of 4, and the last
// unlock would touch memory that another one may have freed); a treap per
// bucket as Go's (32 more bytes for each record, or half of its locality); more
// buckets when there are many waiters, as WebKit's (all locks at once, and each
// record's bucket may be another when its lock has been taken).

#include "sync/parkinglot.h"
#include "os/os.h"
#include "sched/bias.h"

#include <errno.h>
#include <string.h>

#define BUCKETS 1024 // a power of two; 64 KiB, touched where used

// A table's first size, and what it grows by, in bits of the hash.
#define FIRST_BITS 4
#define STEP_BITS 2
#define MAX_BITS 20
#define MIXED_MIN 4 // before there is a table

// Waiters for others that a waker may pass without a thought. Each of more is
// a sign that the queues are few, so that the table grows before the walks
// have cost much more than growing does.
#define LONG_WALK 16

struct vine__bucket {
  _Alignas(VINE_CACHE_LINE) struct vine__lock lock;
  uint32_t bits;  // of the table, or 0: there is none
  uint32_t mixed; // waiters behind or passed for another's, since it grew
  size_t count;   // waiters
  struct vine__waitq one;   // of those for all addresses that come here
  struct vine__waitq *many; // instead, if there is a table
};
_Static_assert(sizeof(struct vine__bucket) == VINE_CACHE_LINE, "one line");

struct vine__parked_timed {
  struct vine__parked base;
  struct vine__timer timer;
  struct vine__bucket *bucket;
  vine__parking_left *on_timeout;
  struct vine_interrupt *intr; // instead of a timer; null: none
  _Atomic bool is_left; // by waker or timer, the first of the two (PARKING3)
};

#define EIGHT(x) x, x, x, x, x, x, x, x
#define FREE {.lock = VINE_LOCK_INIT(SEMA)}
#define FREE_64 EIGHT(EIGHT(FREE))
static struct vine__bucket buckets[BUCKETS] = {
    FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64,
    FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64, FREE_64,
};

#define BUCKET_SHIFT 54
_Static_assert(BUCKETS == 1 << (64 - BUCKET_SHIFT), "bits of the hash");

static uint64_t hash(const void *addr) {
  return (uintptr_t)addr * 0x9e3779b97f4a7c15ull; // Fibonacci hashing
}

static struct vine__bucket *bucket_of(const void *addr) {
  return &buckets[hash(addr) >> BUCKET_SHIFT];
}

// The queue of table `many` for addr: by the bits that follow the bucket's.
static struct vine__waitq *queue_in(struct vine__waitq *many, uint32_t bits,
                                    const void *addr) {
  uint64_t i = hash(addr) >> (BUCKET_SHIFT - bits);
  return &many[i & ((1u << bits) - 1)];
}

static struct vine__waitq *queue_of(struct vine__bucket *b, const void *addr) {
  return b->bits ? queue_in(b->many, b->bits, addr) : &b->one;
}

static struct vine__parked *parked_of(struct vine__waitq_entry *e) {
  return (struct vine__parked *)e; // null stays null
}

static struct vine__parked_timed *timed(struct vine__parked *w) {
  VINE_DCHECK(w->is_timed, "parking lot: not a timed record");
  return VINE_CONTAINER(w, struct vine__parked_timed, base);
}

static bool parked_is_valid(struct vine__parked *w) {
  struct vine_interrupt *i = w->is_timed ? timed(w)->intr : NULL;
  return w->addr && (!i || (i->parked == w && i->addr == w->addr)) &&
         (vine__waiter_is_thread(w->link.waiter) ||
          vine__waiter_goroutine(w->link.waiter)->waiting == w);
}

static size_t queues_of(const struct vine__bucket *b) {
  return (size_t)1 << b->bits;
}

// Adds q's waiters to *count.
static bool queue_is_valid(struct vine__bucket *b, struct vine__waitq *q,
                           size_t *count) {
  if (!vine__waitq_is_valid(q))
    return false;
  struct vine__parked *w = parked_of(vine__waitq_first(q));
  for (; w; w = parked_of(w->link.next), ++*count)
    if (bucket_of(w->addr) != b || queue_of(b, w->addr) != q || // PARKING4
        !parked_is_valid(w))
      return false;
  return true;
}

static bool bucket_is_valid(struct vine__bucket *b) {
  size_t count = 0;
  for (size_t i = 0; i < queues_of(b); i++)
    if (!queue_is_valid(b, b->bits ? &b->many[i] : &b->one, &count))
      return false;
  return count == b->count;
}

static void check_locked(struct vine__bucket *b) {
  VINE_DCHECK(vine__lock_is_held(&b->lock), "parking lot: bucket not locked");
  VINE_XCHECK(bucket_is_valid(b), "PARKING1: bucket is broken");
}

struct vine__bucket *vine__parking_lock(const void *addr) {
  struct vine__bucket *b = bucket_of(addr);
  vine__biased_acquire(&b->lock);
  return b;
}

void vine__parking_unlock(struct vine__bucket *b) {
  check_locked(b);
  vine__biased_release(&b->lock);
}

// Tables are lost: their locks may have been held by threads that are gone.
void vine__parking_fork_child(void) {
  for (int i = 0; i < BUCKETS; i++)
    buckets[i] = (struct vine__bucket)FREE;
}

// --- tables of queues; the bucket is locked ---

static size_t table_bytes(uint32_t bits) {
  return sizeof(struct vine__waitq) << bits;
}

static void move_waiters(struct vine__waitq *from, struct vine__waitq *many,
                         uint32_t bits) {
  struct vine__waitq_entry *e;
  while ((e = vine__waitq_first(from)) != NULL) {
    vine__waitq_remove(from, e);
    vine__waitq_push_back(queue_in(many, bits, parked_of(e)->addr), e);
  }
}

// Without memory for it, or at the end of all bits, it stays as it is.
static __attribute__((noinline)) void grow_table(struct vine__bucket *b) {
  uint32_t bits = b->bits ? b->bits + STEP_BITS : FIRST_BITS;
  b->mixed = 0;
  struct vine__waitq *many =
      bits <= MAX_BITS ? vine__alloc(NULL, table_bytes(bits)) : NULL;
  if (!many)
    return;
  memset(many, 0, table_bytes(bits));
  for (size_t i = 0; i < queues_of(b); i++)
    move_waiters(b->bits ? &b->many[i] : &b->one, many, bits);
  if (b->bits)
    vine__free(NULL, b->many, table_bytes(b->bits));
  b->many = many;
  b->bits = bits;
}

static __attribute__((noinline)) void drop_table(struct vine__bucket *b) {
  VINE_DCHECK(b->count == 0, "PARKING4: a table with waiters goes");
  vine__free(NULL, b->many, table_bytes(b->bits));
  b->many = NULL;
  b->bits = 0;
}

static bool is_behind_another(const struct vine__waitq *q, const void *addr) {
  return !vine__waitq_is_empty(q) && parked_of(q->last)->addr != addr;
}

// Signs that the queues are few.
static void note_mixed(struct vine__bucket *b, size_t signs) {
  size_t most = b->bits ? queues_of(b) : MIXED_MIN;
  size_t mixed = b->mixed + signs;
  b->mixed = (uint32_t)(mixed < UINT32_MAX ? mixed : UINT32_MAX);
  if (mixed > most)
    grow_table(b);
}

// --- the queue; the bucket is locked ---

void vine__parking_take(struct vine__bucket *b, struct vine__parked *w) {
  VINE_ASSERT(vine__waitq_entry_is_linked(&w->link),
              "PARKING1: waiter taken twice");
  VINE_DCHECK(vine__lock_is_held(&b->lock), "parking lot: bucket not locked");
  VINE_DCHECK(bucket_of(w->addr) == b, "PARKING1: waiter of another bucket");
  vine__waitq_remove(queue_of(b, w->addr), &w->link);
  b->mixed = 0 < b->mixed ? b->mixed - 1 : 0;
  if (--b->count == 0 && b->bits)
    drop_table(b);
  if (w->is_timed && timed(w)->intr) {
    VINE_DCHECK(timed(w)->intr->parked == w,
                "parking lot: another's interrupt");
    timed(w)->intr->parked = NULL;
  }
}

// The first for addr from e on. The records stay where they are if b's table
// grows here, and in order.
static struct vine__parked *
from(struct vine__bucket *b, struct vine__waitq_entry *e, const void *addr) {
  size_t passed = 0;
  for (; e && parked_of(e)->addr != addr; e = e->next)
    passed++;
  if (passed > LONG_WALK)
    note_mixed(b, passed);
  return parked_of(e);
}

struct vine__parked *vine__parking_first(struct vine__bucket *b,
                                         const void *addr) {
  VINE_DCHECK(vine__lock_is_held(&b->lock), "parking lot: bucket not locked");
  VINE_DCHECK(bucket_of(addr) == b, "parking lot: another address's bucket");
  return from(b, vine__waitq_first(queue_of(b, addr)), addr);
}

struct vine__parked *vine__parking_next(struct vine__parked *w) {
  VINE_DCHECK(vine__waitq_entry_is_linked(&w->link), "PARKING1: next of none");
  return from(bucket_of(w->addr), w->link.next, w->addr);
}

struct vine__parked *vine__parking_take_to(struct vine__bucket *b,
                                           struct vine__parked *w,
                                           struct vine__waitq_chain *taken) {
  struct vine__parked *next = vine__parking_next(w);
  vine__parking_take(b, w);
  vine__waitq_chain_add(taken, &w->link);
  return next;
}

void vine__parking_take_all(struct vine__bucket *b, const void *addr,
                            struct vine__waitq_chain *taken) {
  struct vine__parked *w = vine__parking_first(b, addr);
  while (w)
    w = vine__parking_take_to(b, w, taken);
}

// --- waking ---

static size_t record_bytes(const struct vine__parked *w) {
  return w->is_timed ? sizeof(struct vine__parked_timed) : sizeof *w;
}

// PARKING3: true for the second to leave.
static bool leave(struct vine__parked_timed *t) {
  return exchange_acq_rel(&t->is_left, true);
}

// A goroutine's record is no longer needed by its waker.
static void record_free(struct vine__parked *w) {
  bool has_timer = w->is_timed && !timed(w)->intr;
  if (has_timer && !vine__timer_stop(&timed(w)->timer) && !leave(timed(w)))
    return;
  vine__wait_record_free(w, record_bytes(w));
}

void vine__parking_wake(struct vine__parked *w, int64_t ret) {
  VINE_DCHECK(!vine__waitq_entry_is_linked(&w->link),
              "PARKING1: woken while linked");
  vine__waiter waiter = w->link.waiter;
  if (!vine__waiter_is_thread(waiter)) {
    vine__waiter_leave(waiter, w);
    record_free(w);
  }
  vine__waiter_wake(waiter, (uint64_t)ret);
}

void vine__parking_wake_all(struct vine__waitq_chain *taken) {
  struct vine__parked *w;
  while ((w = parked_of(vine__waitq_chain_pop(taken))) != NULL)
    vine__parking_wake(w, 0);
}

// Unlocks b after a waiter for addr has left early: others may go on now.
static void left_early_unlock(struct vine__bucket *b,
                              vine__parking_left *on_timeout, const void *addr,
                              struct vine__waitq_chain *taken) {
  vine__waitq_chain_init(taken);
  if (on_timeout)
    on_timeout(b, (void *)(uintptr_t)addr, taken);
  vine__parking_unlock(b);
}

void vine__parking_interrupt(struct vine_interrupt *i) {
  struct vine__bucket *b = vine__parking_lock(i->addr);
  struct vine__parked *w = i->parked;
  i->is_over = true;
  if (!w) {
    vine__parking_unlock(b);
    return;
  }
  struct vine__waitq_chain taken;
  VINE_DCHECK(timed(w)->intr == i, "parking lot: another wait's interrupt");
  vine__parking_take(b, w);
  left_early_unlock(b, timed(w)->on_timeout, w->addr, &taken);
  vine__parking_wake(w, -ECANCELED);
  vine__parking_wake_all(&taken);
}

static void timed_out(struct vine__timer *timer) {
  struct vine__parked_timed *t =
      VINE_CONTAINER(timer, struct vine__parked_timed, timer);
  struct vine__bucket *b = t->bucket;
  vine__waiter waiter = t->base.link.waiter;
  VINE_DCHECK(!t->intr, "parking lot: a timer beside an interrupt");
  vine__biased_acquire(&b->lock);
  if (!vine__waitq_entry_is_linked(&t->base.link)) {
    vine__parking_unlock(b);
    if (leave(t))
      vine__wait_record_free(t, sizeof *t);
    return;
  }
  struct vine__waitq_chain taken;
  vine__parking_take(b, &t->base);
  left_early_unlock(b, t->on_timeout, t->base.addr, &taken);
  vine__waiter_leave(waiter, t);
  vine__wait_record_free(t, sizeof *t);
  vine__waiter_wake(waiter, (uint64_t)-ETIMEDOUT);
  vine__parking_wake_all(&taken);
}

// --- waiting ---

// For vine__park: on the system stack, which others don't touch meanwhile.
struct release {
  struct vine__bucket *b;
  struct vine__parked *w;
  const struct vine__parking_wait *o;
};

static bool park_unlock(struct g *g, void *arg) {
  (void)g;
  struct release *r = arg;
  if (vine__until_is_deadline(r->o->until))
    // w stays: nobody takes it without the lock
    vine__timer_start(&timed(r->w)->timer, r->o->until, timed_out, NULL);
  vine__parking_unlock(r->b);
  if (r->o->then)
    r->o->then(r->o->then_arg);
  return true;
}

static void enqueue(struct vine__bucket *b, struct vine__parked *w,
                    const struct vine__parking_wait *o, vine__waiter waiter) {
  struct vine_interrupt *i = vine__until_interrupt(o->until);
  VINE_DCHECK(!i || w->is_timed, "parking lot: no room for an interrupt");
  vine__waitq_entry_init(&w->link, waiter);
  w->addr = o->addr;
  w->word = o->word;
  if (i) {
    VINE_ASSERT(i->addr == o->addr, "parking lot: interrupt of another wait");
    VINE_ASSERT(!i->parked, "parking lot: interrupt of two waits");
    i->parked = w;
  }
  if (is_behind_another(queue_of(b, o->addr), o->addr))
    note_mixed(b, 1);
  b->count++;
  if (o->front)
    vine__waitq_push_front(queue_of(b, o->addr), &w->link);
  else
    vine__waitq_push_back(queue_of(b, o->addr), &w->link);
}

static void timed_init(struct vine__parked_timed *t, struct vine__bucket *b,
                       const struct vine__parking_wait *o) {
  memset(t, 0, sizeof *t);
  t->bucket = b;
  t->on_timeout = o->on_timeout;
  t->intr = vine__until_interrupt(o->until);
  t->base.is_timed = true;
}

static struct vine__parked *record_new(struct vine__bucket *b,
                                       const struct vine__parking_wait *o) {
  if (!o->until) {
    struct vine__parked *w = vine__wait_record_alloc(sizeof *w);
    w->is_timed = false;
    return w;
  }
  struct vine__parked_timed *t = vine__wait_record_alloc(sizeof *t);
  timed_init(t, b, o);
  return &t->base;
}

// A plain thread whose deadline passed: true if it took itself off.
static bool give_up(struct vine__bucket *b, struct vine__parked *w,
                    const struct vine__parking_wait *o) {
  struct vine__waitq_chain taken;
  vine__biased_acquire(&b->lock);
  if (!vine__waitq_entry_is_linked(&w->link)) {
    vine__parking_unlock(b);
    return false;
  }
  vine__parking_take(b, w);
  left_early_unlock(b, o->on_timeout, o->addr, &taken);
  vine__parking_wake_all(&taken);
  return true;
}

static int64_t wait_thread(struct vine__bucket *b,
                           const struct vine__parking_wait *o) {
  struct vine__sleeper me = {0, 0};
  struct vine__parked_timed w; // its timer isn't used
  timed_init(&w, b, o);
  enqueue(b, &w.base, o, vine__waiter_of_thread(&me));
  vine__parking_unlock(b);
  if (o->then)
    o->then(o->then_arg);
  if (vine__until_is_deadline(o->until) && !vine__sleep_until(&me, o->until) &&
      give_up(b, &w.base, o))
    return -ETIMEDOUT;
  return (int64_t)vine__sleep(&me);
}

// The interrupt came before the wait.
static int64_t wait_is_over(struct vine__bucket *b,
                            const struct vine__parking_wait *o) {
  struct vine__waitq_chain taken;
  left_early_unlock(b, o->on_timeout, o->addr, &taken);
  if (o->then)
    o->then(o->then_arg);
  vine__parking_wake_all(&taken);
  return -ECANCELED;
}

int64_t vine__parking_wait(struct vine__bucket *b,
                           const struct vine__parking_wait *o) {
  struct g *g = vine__getg();
  struct vine_interrupt *i = vine__until_interrupt(o->until);
  VINE_DCHECK(vine__lock_is_held(&b->lock), "parking lot: bucket not locked");
  VINE_DCHECK(bucket_of(o->addr) == b, "parking lot: another address's bucket");
  if (i && i->is_over)
    return wait_is_over(b, o);
  if (!g)
    return wait_thread(b, o);
  struct vine__parked *w = record_new(b, o);
  g->waiting = w;
  enqueue(b, w, o, vine__waiter_of_goroutine(g));
  struct release r = {b, w, o};
  vine__park(g, o->why, park_unlock, &r);
}

// --- counting semaphores ---

int64_t vine__sema_acquire(uint32_t *count, enum vine__wait_reason why) {
  struct vine__bucket *b = vine__parking_lock(count);
  if (*count > 0) {
    --*count;
    vine__parking_unlock(b);
    vine__san_acquire(count);
    return 0;
  }
  struct vine__parking_wait o = {.addr = count, .why = why};
  return vine__parking_wait(b, &o);
}

void vine__sema_release(uint32_t *count, uint32_t n) {
  vine__san_release(count);
  struct vine__bucket *b = vine__parking_lock(count);
  struct vine__parked *w = vine__parking_first(b, count);
  struct vine__waitq_chain taken;
  vine__waitq_chain_init(&taken);
  VINE_DCHECK(!w || *count == 0, "sema: somebody waits beside a free one");
  for (; n > 0 && w; n--)
    w = vine__parking_take_to(b, w, &taken);
  if (n > 0) // PARKING2: as many are on their way to acquire
    *count += n;
  vine__parking_unlock(b);
  vine__parking_wake_all(&taken);
}
