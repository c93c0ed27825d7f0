// SPDX-License-Identifier: MIT
// Channels.
//
// How it works (after Go's chan.go). A lock, a ring of slots, and two queues
// of waiters. A sender that finds a waiting receiver hands the element over
// directly, into the receiver's memory or the register that its call returns,
// and makes it run next. Memory that an element is written to is never a
// movable frame (abi/README.md section 1), so the receiver's stack may move
// or hibernate meanwhile. Fields that hints read without the lock are atomic.
//
// A blocked call doesn't come back to C code here: its waker finishes it.
//
// A small element that goes to or from a buffer, with nobody waiting, takes a
// fast path in the entry stub, on the caller's stack. To switch stacks would
// double the cost of such a call.
//
// Invariants:
// (CHAN1) At least one of sendq and recvq is empty, unless a select waits for
//      both.
// (CHAN2) Buffered: count > 0 implies an empty recvq, count < cap an empty
//      sendq, not counting selects that are over.
// (CHAN3) A waiter belongs to the thread that unlinked it and, if it is part
//      of a select, won that select. The thread wakes it once.
// (CHAN4) After close both queues are empty for ever.
// (CHAN5) A channel's type has the mark of VINE__TYPE_MARK; free takes it away,
//      and the allocator writes no such thing there. So a channel that is used
//      after its end is found out until its memory has another use, and costs
//      nothing: the fast paths, and the calls on small elements, compare types
//      in any case.
//
// Locking: c->lock, rank CHAN; several by ascending address (select.c); biased
// (bias.h), or reserved (reserve.h).
// Nobody is woken under it: a woken goroutine may free the channel.
// Runs on: system stack or a plain thread. Allocates a record when it blocks.
//
// Rejected: lock-free rings for buffered channels (select and close need the
// lock anyway, and Vine's costs two uncontended atomics, or none); slots as
// small as the elements (one more branch for each load; 7 bytes saved).
//
// Ordering, for sanitizer.h, as Go's memory model has it: a send before its
// receive, a receive before the send that reuses its slot (or, without a
// buffer, before the end of its send), close before a receive that finds it.
// See also: select.c, elem.c, sudog.h, tests/model/chan.pml.

#include "sync/chan.h"
#include "api/entry.h"
#include "arch/arch.h"
#include "arch/upcalls.h"
#include "base/export.h"
#include "base/fatal.h"
#include "sched/bias.h"
#include "sync/elem.h"
#include "sync/select.h"
#include "sync/sudog.h"

#include <errno.h>
#include <string.h>

#define MAX_CHAN_BYTES ((size_t)1 << 47)
#define LARGE_TYPE VINE__TYPE(0xff, VINE_ELEM_PLAIN) // no word has it

_Static_assert(VINE_FAST_NO == 0 && VINE_FAST_DONE == 1 &&
                   VINE_FAST_LOCKED == 2,
               "the entry stubs compare with these numbers");
_Static_assert(sizeof(struct vine__fast) == 16, "returned in two registers");
_Static_assert(offsetof(struct vine_chan, buf) % 8 == 0, "slots are words");
_Static_assert(offsetof(struct vine_chan, buf) + 8 <= 2 * VINE_CACHE_LINE,
               "without a buffer: two lines, shared with no other");

static bool buffer_is_valid(const struct vine_chan *c) {
  size_t count = load_relaxed(&c->count);
  return count <= c->cap && (c->cap == 0 || c->sendx < c->cap) &&
         (c->cap == 0 || c->recvx < c->cap) &&
         (c->cap == 0 || (c->recvx + count) % c->cap == c->sendx);
}

// Whether all of q's waiters wait in c; *plain: some for nothing else.
static bool queue_is_valid(const struct vine_chan *c,
                           const struct vine__waitq *q, bool *plain) {
  if (!vine__waitq_is_valid(q))
    return false;
  *plain = false;
  for (struct vine__sudog *s = vine__sudog_first(q); s;
       s = vine__sudog_of(s->link.next)) {
    if (s->c != c || !vine__sudog_is_valid(s))
      return false;
    *plain |= !s->sel;
  }
  return true;
}

// Of queues the invariants are exact for plain waiters only: selects may wait
// on both sides, or be over.
static bool chan_is_valid(const struct vine_chan *c) {
  bool receivers, senders;
  size_t count = load_relaxed(&c->count);
  if (!buffer_is_valid(c) || !queue_is_valid(c, &c->recvq, &receivers) ||
      !queue_is_valid(c, &c->sendq, &senders))
    return false;
  bool chan1 = !(receivers && !vine__waitq_is_empty(&c->sendq)) &&
               !(senders && !vine__waitq_is_empty(&c->recvq));
  bool chan2 = !(receivers && count > 0) && !(senders && count < c->cap);
  bool chan4 = !load_relaxed(&c->closed) || (vine__waitq_is_empty(&c->recvq) &&
                                             vine__waitq_is_empty(&c->sendq));
  return chan1 && chan2 && chan4;
}

static void check_locked(const struct vine_chan *c) {
  VINE_DCHECK(vine__lock_is_held(&c->lock), "chan: not locked");
  VINE_DCHECK(buffer_is_valid(c), "chan: indices disagree");
  VINE_XCHECK(chan_is_valid(c), "chan: CHAN1, CHAN2 or CHAN4");
}

static bool is_alive(const struct vine_chan *c) {
  return (c->type & 0xffff0000u) == VINE__TYPE_MARK;
}

void vine__chan_check(const struct vine_chan *c, const char *what) {
  if (__builtin_expect(!is_alive(c), 0))
    vine__fatal("%s a freed channel", what);
}

// --- the lock ---

void vine__chan_lock(struct vine_chan *c) {
  struct m *m = vine__getm();
  if (m && vine__bias_enter(m))
    vine__lock_take_alone(&c->lock);
  else if (m && load_relaxed(&c->lock.word) & VINE_LOCK_RESERVED &&
           vine__reserve_enter(&c->reserved, &m->section))
    vine__lock_enter(&c->lock);
  else
    vine__biased_acquire(&c->lock);
}

void vine__chan_unlock(struct vine_chan *c) {
  struct m *m = vine__getm();
  if (m && vine__bias_holds(m)) {
    vine__lock_drop_alone(&c->lock);
    vine__bias_leave(m);
    return;
  }
  uint64_t v = load_relaxed(&c->lock.word);
  if (v & VINE_LOCK_RESERVED) { // so this thread is in a section
    vine__lock_leave(&c->lock);
    vine__reserve_leave(&m->section);
  } else if (m && vine__reserve_count(&c->reserved, &m->section) &&
             vine__reserve_try_release(&c->reserved, &m->section, v)) {
    vine__lock_leave(&c->lock);
  } else {
    vine__lock_release(&c->lock);
  }
}

static bool park_unlock(struct g *g, void *chan) {
  (void)g;
  vine__chan_unlock(chan);
  return true;
}

// --- elements ---

// Bytes from one slot to the next; 0 for elements of no size.
static size_t stride_of(size_t elem_bytes) {
  return elem_bytes > 0 && elem_bytes < 8 ? 8 : elem_bytes;
}

static void *slot(struct vine_chan *c, size_t i) {
  return (char *)c->buf + i * stride_of(c->elem_bytes);
}

static void slot_put(struct vine_chan *c, size_t i, const void *p, uint64_t w) {
  VINE_DCHECK(i < c->cap, "chan: no such slot");
  VINE_DCHECK(p || c->is_word || !c->elem_bytes, "chan: put of no element");
  vine__san_sync(slot(c, i));
  if (c->is_word)
    *(uint64_t *)slot(c, i) = w;
  else
    memcpy(slot(c, i), p, c->elem_bytes);
}

// An element becomes the running receiver's.
static void take(struct vine_chan *c, struct vine__op *op, const void *p,
                 uint64_t word) {
  op->word = word;
  if (!op->ptr)
    return;
  if (c->is_word)
    vine__word_store(op->ptr, word, c->elem_bytes);
  else
    memcpy(op->ptr, p, c->elem_bytes);
}

static void slot_get(struct vine_chan *c, size_t i, struct vine__op *op) {
  VINE_DCHECK(i < c->cap, "chan: no such slot");
  const void *p = slot(c, i);
  vine__san_sync(p);
  take(c, op, p, c->is_word ? *(const uint64_t *)p : 0);
}

static size_t next_slot(struct vine_chan *c, size_t i) {
  return i + 1 == c->cap ? 0 : i + 1;
}

static void op_zero(struct vine_chan *c, struct vine__op *op) {
  op->word = 0;
  op->ok = false;
  if (op->ptr)
    memset(op->ptr, 0, c->elem_bytes);
}

// --- queues of waiters ---

// The first waiter that is still there, unlinked (CHAN3).
static struct vine__sudog *take_waiter_locked(struct vine__waitq *q) {
  struct vine__sudog *s;
  while ((s = vine__sudog_first(q)) != NULL) {
    vine__waitq_remove(q, &s->link);
    VINE_DCHECK(vine__sudog_is_valid(s), "chan: not a waiter");
    if (!s->sel || vine__select_try_win(s))
      return s;
  }
  return NULL;
}

// Gives a waiting receiver its element: in its memory, or in a register if it
// has named none.
static void deliver(struct vine_chan *c, struct vine__sudog *s, const void *p,
                    uint64_t word) {
  if (c->is_word && s->elem)
    vine__word_store(s->elem, word, c->elem_bytes);
  else if (s->elem)
    memcpy(s->elem, p, c->elem_bytes);
  vine__sudog_wake(s, true, c->is_word && !s->elem ? word : 1);
}

// --- send, receive ---

bool vine__chan_try_send_unlock(struct vine_chan *c, struct vine__op *op) {
  check_locked(c);
  if (load_relaxed(&c->closed)) {
    vine__chan_unlock(c);
    vine__fatal("send on closed channel");
  }
  struct vine__sudog *s = take_waiter_locked(&c->recvq);
  if (s) {
    VINE_DCHECK(load_relaxed(&c->count) == 0,
                "CHAN2: receiver waits beside data");
    vine__chan_unlock(c);
    if (c->cap == 0)
      vine__san_acquire(vine__waiter_sync_key(s->link.waiter));
    deliver(c, s, op->ptr, op->word);
    return true;
  }
  size_t count = load_relaxed(&c->count);
  if (count == c->cap)
    return false;
  slot_put(c, c->sendx, op->ptr, op->word);
  c->sendx = next_slot(c, c->sendx);
  store_relaxed(&c->count, count + 1);
  vine__chan_unlock(c);
  return true;
}

// The buffer isn't empty. A waiting sender's element takes the slot that
// becomes free, which is the last one: the buffer was full.
static void recv_buffered(struct vine_chan *c, struct vine__op *op) {
  VINE_DCHECK(load_relaxed(&c->count) > 0, "chan: received from no element");
  slot_get(c, c->recvx, op);
  struct vine__sudog *s = take_waiter_locked(&c->sendq);
  if (s) {
    VINE_DCHECK(load_relaxed(&c->count) == c->cap,
                "CHAN2: sender waits beside room");
    vine__san_acquire(vine__waiter_sync_key(s->link.waiter));
    slot_put(c, c->recvx, s->elem, s->word);
    c->sendx = next_slot(c, c->sendx);
  } else {
    store_relaxed(&c->count, load_relaxed(&c->count) - 1);
  }
  c->recvx = next_slot(c, c->recvx);
  vine__chan_unlock(c);
  if (s)
    vine__sudog_wake(s, true, 1);
}

bool vine__chan_try_recv_unlock(struct vine_chan *c, struct vine__op *op) {
  check_locked(c);
  op->ok = true;
  if (load_relaxed(&c->count) > 0) {
    recv_buffered(c, op);
    return true;
  }
  struct vine__sudog *s = take_waiter_locked(&c->sendq);
  if (s) {
    VINE_DCHECK(c->cap == 0, "CHAN2: sender waits beside room");
    vine__chan_unlock(c);
    vine__san_acquire(vine__waiter_sync_key(s->link.waiter));
    take(c, op, s->elem, s->word);
    vine__sudog_wake(s, true, 1); // may free c
    return true;
  }
  if (!load_relaxed(&c->closed))
    return false;
  vine__san_acquire(&c->closed);
  op_zero(c, op);
  vine__chan_unlock(c);
  return true;
}

// Hints: exact at some moment during the call. The acquire pairs with nothing
// that matters, since callers take the lock before they act on a hint.
bool vine__chan_is_full(struct vine_chan *c) {
  if (load_acquire(&c->closed))
    return false;
  if (c->cap == 0)
    return vine__waitq_is_empty(&c->recvq);
  return load_relaxed(&c->count) == c->cap;
}

bool vine__chan_is_empty(struct vine_chan *c) {
  if (load_acquire(&c->closed))
    return false;
  if (c->cap == 0)
    return vine__waitq_is_empty(&c->sendq);
  return load_relaxed(&c->count) == 0;
}

// --- blocking ---

// Waits in q with c->lock held; the result is what the waker passes.
static uint64_t wait_in(struct vine_chan *c, struct vine__waitq *q,
                        const struct vine__op *op, enum vine__wait_reason why) {
  struct g *g = vine__getg();
  VINE_DCHECK(vine__lock_is_held(&c->lock), "chan: not locked");
  VINE_DCHECK(!load_relaxed(&c->closed), "CHAN4: waits in a closed channel");
  VINE_DCHECK(vine__waitq_is_empty(q == &c->recvq ? &c->sendq : &c->recvq),
              "CHAN1: waits beside a partner");
  if (g) {
    struct vine__sudog *s = vine__sudog_alloc(vine__getm());
    vine__sudog_init(s, c, op, vine__waiter_of_goroutine(g));
    g->waiting = s;
    vine__waitq_push_back(q, &s->link);
    vine__park(g, why, park_unlock, c);
  }
  struct vine__sleeper me = {0, 0};
  struct vine__sudog s;
  vine__sudog_init(&s, c, op, vine__waiter_of_thread(&me));
  vine__waitq_push_back(q, &s.link);
  vine__chan_unlock(c);
  return vine__sleep(&me);
}

static uint64_t send_unlock(struct vine_chan *c, struct vine__op *op) {
  if (vine__chan_try_send_unlock(c, op))
    return 1;
  return wait_in(c, &c->sendq, op, VINE_WAIT_CHAN_SEND);
}

static uint64_t send(struct vine_chan *c, struct vine__op *op) {
  vine__chan_lock(c);
  return send_unlock(c, op);
}

static uint64_t recv_word_unlock(struct vine_chan *c) {
  struct vine__op op = {0};
  if (vine__chan_try_recv_unlock(c, &op))
    return op.word;
  return wait_in(c, &c->recvq, &op, VINE_WAIT_CHAN_RECV);
}

// The word of an element in memory, if c's elements are words.
static struct vine__op op_of(const struct vine_chan *c, const void *p,
                             size_t n) {
  VINE_DCHECK(is_alive(c), "CHAN5: sent to after its end");
  vine__chan_check_bytes(c, n);
  return (struct vine__op){
      .ptr = (void *)(uintptr_t)p,
      .word = c->is_word ? vine__word_load(p, c->elem_bytes) : 0,
  };
}

// --- the fast paths ---
//
// Run by the stubs of the calls on small elements (API_FAST, entry.S),
// on the goroutine's own stack, before any register is saved: a buffered
// channel where nobody waits. They call nothing and need a few words of
// stack, for which there is room below the guard. Sanitizers are told things
// on the way, for which there is none.

#define INLINE static inline __attribute__((always_inline))

// Another thread has the lock: lock.c looks next, but not at once (config.h).
INLINE void step_aside(void) {
  for (int i = 0; i < VINE_LOCK_STEP_ASIDE; i++)
    vine__cpu_relax();
}

// Not on a fixed stack, where sysmon may take the processor at any moment: the
// goroutine would be queued with the lock held, and others, whose threads wait
// for it with their processors, would never let it run.
INLINE bool try_lock_fast(struct vine_chan *c, struct m *m) {
  if (m && vine__m_call_sp(m) == 0)
    return false;
  if (load_acquire(&vine__sched.bias) != BIAS_REVOKED) {
    if (!m)
      return false; // who revokes it needs stack
    if (vine__bias_enter(m)) {
      store_relaxed(&c->lock.word, VINE_LOCK_FREE(CHAN) | VINE_LOCK_LOCKED);
      return true;
    }
  }
  // A number to swap in that doesn't wait for the load, if it is the usual one.
  uint64_t v = load_relaxed(&c->lock.word), free = VINE_LOCK_FREE(CHAN);
  if (v == free) {
    if (cas_acquire(&c->lock.word, &free, free | VINE_LOCK_LOCKED))
      return true;
  } else if (v & VINE_LOCK_RESERVED) {
    if (m && vine__reserve_enter(&c->reserved, &m->section))
      return true;
  } else if (!(v & VINE_LOCK_LOCKED)) {
    if (cas_acquire(&c->lock.word, &v, v | VINE_LOCK_LOCKED))
      return true;
  }
  step_aside();
  return false;
}

// If somebody is to be woken, lock.c does it.
INLINE uint64_t unlock_fast(struct vine_chan *c, struct m *m) {
  if (m && vine__bias_holds(m)) {
    store_relaxed(&c->lock.word, VINE_LOCK_FREE(CHAN));
    vine__bias_leave(m);
    return VINE_FAST_DONE;
  }
  uint64_t v = load_relaxed(&c->lock.word), free = VINE_LOCK_FREE(CHAN);
  uint64_t held = free | VINE_LOCK_LOCKED;
  bool done;
  if (v & VINE_LOCK_RESERVED) { // so this thread is in a section
    vine__reserve_leave(&m->section);
    return VINE_FAST_DONE;
  }
  if (m && vine__reserve_count(&c->reserved, &m->section) &&
      vine__reserve_try_release(&c->reserved, &m->section, v))
    return VINE_FAST_DONE;
  if (v == held)
    done = cas_release(&c->lock.word, &held, free);
  else
    done = (!(v & VINE_LOCK_SLEEPERS) || v & VINE_LOCK_SPINNING) &&
           cas_release(&c->lock.word, &v, v & ~(uint64_t)VINE_LOCK_LOCKED);
  return done ? VINE_FAST_DONE : VINE_FAST_UNLOCK;
}

struct vine__fast vine__chan_send_fast(struct vine_chan *c, uint64_t word,
                                       uint32_t type) {
  struct vine__fast no = {0, VINE_FAST_NO};
  struct m *m = vine__getm();
  if (VINE_SANITIZED || !c || type != c->type ||
      load_relaxed(&c->count) >= c->cap || c->elem_bytes == 0 ||
      !try_lock_fast(c, m))
    return no;
  size_t count = load_relaxed(&c->count), at = c->sendx;
  if (load_relaxed(&c->closed) || count == c->cap ||
      !vine__waitq_is_empty(&c->recvq))
    return (struct vine__fast){0, VINE_FAST_LOCKED};
  c->buf[at] = word;
  c->sendx = at + 1 == c->cap ? 0 : at + 1;
  store_relaxed(&c->count, count + 1);
  return (struct vine__fast){1, unlock_fast(c, m)};
}

// A receive from c, whose elements are of the type that is wanted.
INLINE struct vine__fast recv_fast(struct vine_chan *c) {
  struct vine__fast no = {0, VINE_FAST_NO};
  struct m *m = vine__getm();
  if (VINE_SANITIZED || load_relaxed(&c->count) == 0 || c->elem_bytes == 0 ||
      !try_lock_fast(c, m))
    return no;
  size_t count = load_relaxed(&c->count), at = c->recvx;
  if (count == 0 || !vine__waitq_is_empty(&c->sendq))
    return (struct vine__fast){0, VINE_FAST_LOCKED};
  uint64_t word = c->buf[at];
  c->recvx = at + 1 == c->cap ? 0 : at + 1;
  store_relaxed(&c->count, count - 1);
  return (struct vine__fast){word, unlock_fast(c, m)};
}

struct vine__fast vine__chan_recv_fast(struct vine_chan *c, uint32_t type) {
  if (!c || type != c->type)
    return (struct vine__fast){0, VINE_FAST_NO};
  return recv_fast(c);
}

// To memory: words and halves of words. c may be gone when it is unlocked.
struct vine__fast vine__chan_recv_to_fast(struct vine_chan *c, void *p,
                                          size_t n) {
  struct vine__fast r = {0, VINE_FAST_NO};
  if (!c || !p || !is_alive(c))
    return r;
  size_t bytes = c->elem_bytes;
  if (n != (bytes | VINE_ELEM_BITS(c->type >> 8 & 0xff)) ||
      (bytes != 8 && bytes != 4))
    return r;
  r = recv_fast(c);
  if (r.outcome != VINE_FAST_DONE && r.outcome != VINE_FAST_UNLOCK)
    return r;
  if (bytes == 8)
    memcpy(p, &r.value, 8);
  else
    memcpy(p, &r.value, 4);
  r.value = 1;
  return r;
}

uint64_t vine__chan_unlock_sys(struct vine_chan *c, uint64_t result) {
  vine__lock_adopt(&c->lock);
  vine__chan_unlock(c);
  return result;
}

int vine__chan_send_word_adopt_sys(struct vine_chan *c, uint64_t word) {
  struct vine__op op = {.word = word};
  vine__lock_adopt(&c->lock);
  return (int)send_unlock(c, &op);
}

uint64_t vine__chan_recv_word_adopt_sys(struct vine_chan *c) {
  vine__lock_adopt(&c->lock);
  return recv_word_unlock(c);
}

int vine__chan_recv_adopt_sys(struct vine_chan *c, void *p, size_t n) {
  struct vine__op op = {.ptr = p};
  (void)n; // was looked at
  vine__lock_adopt(&c->lock);
  if (vine__chan_try_recv_unlock(c, &op))
    return op.ok;
  return (int)wait_in(c, &c->recvq, &op, VINE_WAIT_CHAN_RECV);
}

// --- the calls ---

int vine__chan_send_word_sys(struct vine_chan *c, uint64_t word,
                             uint32_t type) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_SEND);
  if (__builtin_expect(type != c->type, 0)) {
    vine__chan_check(c, "send on");
    word = vine__chan_convert(c, word, type);
  }
  struct vine__op op = {.word = word};
  return (int)send(c, &op);
}

int vine__chan_send_sys(struct vine_chan *c, const void *p, size_t n) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_SEND);
  vine__chan_check(c, "send on");
  struct vine__op op = op_of(c, p, n);
  return (int)send(c, &op);
}

uint64_t vine__chan_recv_word_sys(struct vine_chan *c, uint32_t type) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_RECV);
  if (__builtin_expect(type != c->type, 0)) {
    vine__chan_check(c, "receive from");
    vine__chan_fatal_type(c, type);
  }
  vine__chan_lock(c);
  return recv_word_unlock(c);
}

// Receives, to memory of n bytes, or returns false with c locked.
static bool recv_or_lock(struct vine_chan *c, struct vine__op *op, size_t n) {
  if (op->ptr)
    vine__chan_check_bytes(c, n);
  vine__chan_lock(c);
  return vine__chan_try_recv_unlock(c, op);
}

int vine__chan_recv_sys(struct vine_chan *c, void *p, size_t n) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_RECV);
  vine__chan_check(c, "receive from");
  struct vine__op op = {.ptr = p};
  if (recv_or_lock(c, &op, n))
    return op.ok;
  return (int)wait_in(c, &c->recvq, &op, VINE_WAIT_CHAN_RECV);
}

int vine__chan_try_send_sys(struct vine_chan *c, const void *p, size_t n) {
  if (!c)
    return -EAGAIN;
  vine__chan_check(c, "send on");
  struct vine__op op = op_of(c, p, n);
  if (vine__chan_is_full(c))
    return -EAGAIN;
  vine__chan_lock(c);
  if (vine__chan_try_send_unlock(c, &op))
    return 1;
  vine__chan_unlock(c);
  return -EAGAIN;
}

int vine__chan_try_recv_sys(struct vine_chan *c, void *p, size_t n) {
  if (!c)
    return -EAGAIN;
  vine__chan_check(c, "receive from");
  if (vine__chan_is_empty(c))
    return -EAGAIN;
  struct vine__op op = {.ptr = p};
  if (recv_or_lock(c, &op, n))
    return op.ok;
  vine__chan_unlock(c);
  return -EAGAIN;
}

// --- make, close, free ---

static size_t chan_bytes(size_t stride, size_t cap) {
  size_t bytes;
  if (__builtin_mul_overflow(stride, cap, &bytes) || bytes > MAX_CHAN_BYTES)
    vine__fatal("makechan: size out of range");
  return sizeof(struct vine_chan) + (bytes ? bytes : 8);
}

struct vine_chan *vine__chan_new_sys(size_t elem_bytes, int cls, size_t cap) {
  bool is_word = elem_bytes <= 8;
  size_t bytes = chan_bytes(stride_of(elem_bytes), cap);
  struct vine_chan *c = vine__alloc(vine__own_cache(), bytes);
  if (!c)
    vine__fatal("out of memory: channel of %zu bytes", bytes);
  memset(c, 0, sizeof *c);
  vine__lock_init(&c->lock, VINE_RANK_CHAN);
  vine__reserve_init(&c->reserved);
  c->cap = cap;
  c->type = is_word ? VINE__TYPE(elem_bytes, cls) : LARGE_TYPE;
  c->is_word = is_word;
  c->elem_bytes = elem_bytes;
  VINE_DCHECK(chan_is_valid(c), "chan: not as new");
  return c;
}

void vine__chan_free_sys(struct vine_chan *c) {
  if (!c)
    return;
  vine__chan_check(c, "free of");
  if (c->owner) {
    c->owner->on_free(c->owner);
    return;
  }
  if (!vine__waitq_is_empty(&c->recvq) || !vine__waitq_is_empty(&c->sendq))
    vine__fatal("free of a channel that somebody waits for");
  VINE_DCHECK(chan_is_valid(c), "chan: freed in pieces");
  size_t bytes = chan_bytes(stride_of(c->elem_bytes), c->cap);
  c->type = 0; // CHAN5
  vine__free(vine__own_cache(), c, bytes);
}

// Marks c closed and takes out its receivers. Fatal if there is a sender: Go
// makes that one panic.
static void close_locked(struct vine_chan *c,
                         struct vine__waitq_chain *receivers) {
  struct vine__sudog *s;
  if (load_relaxed(&c->closed))
    vine__fatal("close of closed channel");
  vine__san_release(&c->closed);
  store_release(&c->closed, 1);
  while ((s = take_waiter_locked(&c->recvq)) != NULL)
    vine__waitq_chain_add(receivers, &s->link);
  if (take_waiter_locked(&c->sendq))
    vine__fatal("send on closed channel");
  VINE_DCHECK(vine__waitq_is_empty(&c->recvq), "CHAN4: waiter after close");
  VINE_DCHECK(vine__waitq_is_empty(&c->sendq), "CHAN4: waiter after close");
}

void vine__chan_close_sys(struct vine_chan *c) {
  if (!c)
    vine__fatal("close of nil channel");
  vine__chan_check(c, "close of");
  struct vine__waitq_chain receivers;
  struct vine__sudog *s;
  vine__waitq_chain_init(&receivers);
  vine__chan_lock(c);
  close_locked(c, &receivers);
  size_t n = c->elem_bytes;
  check_locked(c);
  vine__chan_unlock(c);
  while ((s = vine__sudog_of(vine__waitq_chain_pop(&receivers))) != NULL) {
    if (s->elem)
      memset(s->elem, 0, n);
    vine__sudog_wake(s, false, 0);
  }
}

VINE_EXPORT size_t vine_chan_len(struct vine_chan *c) {
  if (!c)
    return 0;
  vine__chan_check(c, "length of");
  return load_acquire(&c->count);
}

VINE_EXPORT size_t vine_chan_cap(struct vine_chan *c) {
  if (!c)
    return 0;
  vine__chan_check(c, "capacity of");
  return c->cap;
}
