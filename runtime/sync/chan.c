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
// A small element to or from a buffer where nobody waits takes a fast path, in
// the entry stub and on the caller's stack: half of the cost of such a call
// would be to switch stacks.
//
// Invariants:
// (CHAN1) At least one of sendq and recvq is empty, but for a goroutine that
//      waits for both in one select.
// (CHAN2) Buffered: count > 0 implies recvq empty; count < cap implies sendq
//      empty (again but for selects that somebody else has won).
// (CHAN3) A waiter that was unlinked, and won its select if it has one, belongs
//      to who did that, and is woken once.
// (CHAN4) After close both queues are empty for ever.
//
// Locking: c->lock, rank CHAN; several by ascending address (select.c).
// Nobody is woken under it: who wakes may free the channel.
// Runs on: system stack or a plain thread. Allocates a record when it blocks.
//
// Rejected: lock-free rings for buffered channels (select and close need the
// lock anyway, and Vine's costs two uncontended atomics); slots as small as
// the elements (one more branch for each load; 7 bytes saved).
// Ordering, for sanitizer.h, as Go's memory model has it: a send before its
// receive, a receive before the send that reuses its slot (or, without a
// buffer, before the end of its send), close before a receive that finds it.
// See also: select.c, waiter.h, tests/model/chan.pml.

#include "sync/chan.h"
#include "base/export.h"
#include "base/fatal.h"

#include <errno.h>
#include <string.h>

#define MAX_CHAN_BYTES ((size_t)1 << 47)

static bool chan_is_valid(const struct vine_chan *c) {
  size_t count = load_relaxed(&c->count);
  return count <= c->cap && (c->cap == 0 || c->sendx < c->cap) &&
         (c->cap == 0 || c->recvx < c->cap) &&
         (c->cap == 0 || (c->recvx + count) % c->cap == c->sendx);
}

// --- elements ---

uint64_t vine__word_load(const void *p, size_t n) {
  uint64_t w = 0;
  if (n == 8)
    memcpy(&w, p, 8);
  else if (n == 4)
    memcpy(&w, p, 4);
  else
    memcpy(&w, p, n);
  return w;
}

void vine__word_store(void *p, uint64_t word, size_t n) {
  if (n == 8)
    memcpy(p, &word, 8);
  else if (n == 4)
    memcpy(p, &word, 4);
  else
    memcpy(p, &word, n);
}

static void *slot(struct vine_chan *c, size_t i) {
  return (char *)c->buf + i * c->stride;
}

static void slot_put(struct vine_chan *c, size_t i, const void *p, uint64_t w) {
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

void vine__waitq_push(struct vine__waitq *q, struct vine__sudog *s) {
  VINE_DCHECK(!s->is_linked, "chan: waiter is in a queue already");
  s->next = NULL;
  s->prev = q->last;
  s->is_linked = true;
  if (q->last)
    q->last->next = s;
  else
    store_relaxed(&q->first, s);
  q->last = s;
}

void vine__waitq_remove(struct vine__waitq *q, struct vine__sudog *s) {
  VINE_DCHECK(s->is_linked, "chan: waiter is in no queue");
  if (s->prev)
    s->prev->next = s->next;
  else
    store_relaxed(&q->first, s->next);
  if (s->next)
    s->next->prev = s->prev;
  else
    q->last = s->prev;
  s->is_linked = false;
}

// The first waiter that is still there (CHAN3). Lock held.
static struct vine__sudog *waitq_pop(struct vine__waitq *q) {
  struct vine__sudog *s;
  while ((s = load_relaxed(&q->first)) != NULL) {
    vine__waitq_remove(q, s);
    if (!s->sel || vine__select_try_win(s))
      return s;
  }
  return NULL;
}

// A record of the goroutine that runs on m. They come and go with each call
// that blocks, so this is worth being inline.
static struct vine__sudog *sudog_alloc(struct m *m) {
  struct vine__sudog *s = vine__alloc_hot(&m->p->cache, sizeof *s);
  if (!s)
    vine__fatal("out of memory: waiting, %zu bytes", sizeof *s);
  return s;
}

static void sudog_free(struct vine__sudog *s) {
  struct vine__cache *c = vine__own_cache();
  if (c)
    vine__free_hot(c, s, sizeof *s);
  else
    vine__free(NULL, s, sizeof *s);
}

// Lets the owner of s go on; ret is what its call returns, unless it is a
// select. No lock held.
static void wake(struct vine__sudog *s, bool ok, uint64_t ret) {
  if (s->sel) {
    vine__select_finish(s, ok);
    return;
  }
  vine__waiter waiter = s->waiter;
  if (!vine__waiter_is_thread(waiter)) {
    vine__waiter_leave(waiter, s);
    sudog_free(s);
  }
  vine__waiter_wake(waiter, ret);
}

// Gives a waiting receiver its element. One without memory for it gets it in
// a register.
static void deliver(struct vine_chan *c, struct vine__sudog *s, const void *p,
                    uint64_t word) {
  if (c->is_word && s->elem)
    vine__word_store(s->elem, word, c->elem_bytes);
  else if (s->elem)
    memcpy(s->elem, p, c->elem_bytes);
  wake(s, true, c->is_word && !s->elem ? word : 1);
}

// --- send, receive ---

bool vine__chan_try_send_unlock(struct vine_chan *c, struct vine__op *op) {
  VINE_DCHECK(chan_is_valid(c), "chan: indices disagree");
  if (load_relaxed(&c->closed)) {
    vine__lock_release(&c->lock);
    vine__fatal("send on closed channel");
  }
  struct vine__sudog *s = waitq_pop(&c->recvq);
  if (s) {
    VINE_DCHECK(load_relaxed(&c->count) == 0,
                "CHAN2: receiver waits beside data");
    vine__lock_release(&c->lock);
    if (c->cap == 0)
      vine__san_acquire(vine__waiter_sync_key(s->waiter));
    deliver(c, s, op->ptr, op->word);
    return true;
  }
  size_t count = load_relaxed(&c->count);
  if (count == c->cap)
    return false;
  slot_put(c, c->sendx, op->ptr, op->word);
  c->sendx = next_slot(c, c->sendx);
  store_relaxed(&c->count, count + 1);
  vine__lock_release(&c->lock);
  return true;
}

// The buffer isn't empty. A waiting sender's element takes the slot that
// becomes free, which is the last one: the buffer was full.
static void recv_buffered(struct vine_chan *c, struct vine__op *op) {
  slot_get(c, c->recvx, op);
  struct vine__sudog *s = waitq_pop(&c->sendq);
  if (s) {
    VINE_DCHECK(load_relaxed(&c->count) == c->cap,
                "CHAN2: sender waits beside room");
    vine__san_acquire(vine__waiter_sync_key(s->waiter));
    slot_put(c, c->recvx, s->elem, s->word);
    c->sendx = next_slot(c, c->sendx);
  } else {
    store_relaxed(&c->count, load_relaxed(&c->count) - 1);
  }
  c->recvx = next_slot(c, c->recvx);
  vine__lock_release(&c->lock);
  if (s)
    wake(s, true, 1);
}

bool vine__chan_try_recv_unlock(struct vine_chan *c, struct vine__op *op) {
  VINE_DCHECK(chan_is_valid(c), "chan: indices disagree");
  op->ok = true;
  if (load_relaxed(&c->count) > 0) {
    recv_buffered(c, op);
    return true;
  }
  struct vine__sudog *s = waitq_pop(&c->sendq);
  if (s) {
    VINE_DCHECK(c->cap == 0, "CHAN2: sender waits beside room");
    vine__lock_release(&c->lock);
    vine__san_acquire(vine__waiter_sync_key(s->waiter));
    take(c, op, s->elem, s->word);
    wake(s, true, 1); // who may free c
    return true;
  }
  if (!load_relaxed(&c->closed))
    return false;
  vine__san_acquire(&c->closed);
  op_zero(c, op);
  vine__lock_release(&c->lock);
  return true;
}

// Hints: exact at some moment during the call. Acquire pairs with nothing
// that matters: who acts on a hint takes the lock.
bool vine__chan_is_full(struct vine_chan *c) {
  if (load_acquire(&c->closed))
    return false;
  if (c->cap == 0)
    return load_relaxed(&c->recvq.first) == NULL;
  return load_relaxed(&c->count) == c->cap;
}

bool vine__chan_is_empty(struct vine_chan *c) {
  if (load_acquire(&c->closed))
    return false;
  if (c->cap == 0)
    return load_relaxed(&c->sendq.first) == NULL;
  return load_relaxed(&c->count) == 0;
}

// --- blocking ---

static void sudog_init(struct vine__sudog *s, struct vine_chan *c,
                       const struct vine__op *op, vine__waiter waiter) {
  *s = (struct vine__sudog){
      .waiter = waiter, .c = c, .elem = op->ptr, .word = op->word};
  vine__san_release(vine__waiter_sync_key(waiter));
}

// Waits in q with c->lock held; the result is what the waker passes.
static uint64_t wait_in(struct vine_chan *c, struct vine__waitq *q,
                        const struct vine__op *op, enum vine__wait_reason why) {
  struct g *g = vine__getg();
  if (g) {
    struct vine__sudog *s = sudog_alloc(vine__getm());
    sudog_init(s, c, op, vine__waiter_of_goroutine(g));
    g->waiting = s;
    vine__waitq_push(q, s);
    vine__park(g, why, vine__park_unlock, &c->lock);
  }
  struct vine__sleeper me = {0, 0};
  struct vine__sudog s;
  sudog_init(&s, c, op, vine__waiter_of_thread(&me));
  vine__waitq_push(q, &s);
  vine__lock_release(&c->lock);
  return vine__sleep(&me);
}

static uint64_t send_unlock(struct vine_chan *c, struct vine__op *op) {
  if (vine__chan_try_send_unlock(c, op))
    return 1;
  return wait_in(c, &c->sendq, op, VINE_WAIT_CHAN_SEND);
}

static uint64_t send(struct vine_chan *c, struct vine__op *op) {
  vine__lock_acquire(&c->lock);
  return send_unlock(c, op);
}

static uint64_t recv_word_unlock(struct vine_chan *c) {
  struct vine__op op = {0};
  if (vine__chan_try_recv_unlock(c, &op))
    return op.word;
  return wait_in(c, &c->recvq, &op, VINE_WAIT_CHAN_RECV);
}

// --- types ---

void vine__chan_check_bytes(const struct vine_chan *c, size_t n) {
  if (n != c->elem_bytes)
    vine__fatal("chan: element of %zu bytes, the channel's have %zu", n,
                c->elem_bytes);
}

static uint64_t real_bits(double d, size_t n) {
  float f = (float)d;
  uint64_t w = 0;
  memcpy(&w, n == 4 ? (void *)&f : (void *)&d, n);
  return w;
}

static double real_of(uint64_t w, size_t n) {
  float f;
  double d;
  memcpy(&f, &w, 4);
  memcpy(&d, &w, 8);
  return n == 4 ? (double)f : d;
}

static _Noreturn void fatal_type(const struct vine_chan *c, uint32_t type) {
  static const char *const names[] = {"plain", "integer", "real"};
  vine__fatal("chan: a value of %u bytes (%s) where the channel's have %zu "
              "(%s)",
              type & 0xff, names[(type >> 8) % 3], c->elem_bytes,
              names[(c->type >> 8) % 3]);
}

// A word of another type than c's elements: converts numbers.
static __attribute__((noinline)) uint64_t convert(const struct vine_chan *c,
                                                  uint64_t word,
                                                  uint32_t type) {
  bool from_real = type >> 8 == VINE_ELEM_REAL;
  bool to_real = c->type >> 8 == VINE_ELEM_REAL;
  bool from_int = type >> 8 == VINE_ELEM_INT;
  bool to_int = c->type >> 8 == VINE_ELEM_INT;
  if (from_int && to_int)
    return word;
  if (!(from_int || from_real) || !(to_int || to_real))
    fatal_type(c, type);
  double d = from_real ? real_of(word, type & 0xff) : (double)(int64_t)word;
  return to_real ? real_bits(d, c->elem_bytes) : (uint64_t)(int64_t)d;
}

// The word of an element in memory, if c's elements are words.
static struct vine__op op_of(const struct vine_chan *c, const void *p,
                             size_t n) {
  vine__chan_check_bytes(c, n);
  return (struct vine__op){
      .ptr = (void *)(uintptr_t)p,
      .word = c->is_word ? vine__word_load(p, n) : 0,
  };
}

// --- the fast paths ---
//
// Run by the stubs of the two calls on small elements (API_FAST, switch.S),
// on the goroutine's own stack, before any register is saved: a buffered
// channel where nobody waits. They call nothing and need a few words of
// stack, for which there is room below the guard. Sanitizers are told things
// on the way, for which there is none.

// Not on a fixed stack, where sysmon may take the processor at any moment: the
// goroutine would be queued with the lock held, and others, whose threads wait
// for it with their processors, would never let it run.
static bool try_lock_fast(struct vine_chan *c) {
  const struct m *m = vine__getm();
  if (m && vine__m_call_sp(m) == 0)
    return false;
  uint32_t free = VINE_LOCK_FREE;
  return cas_acquire(&c->lock.state, &free, VINE_LOCK_HELD);
}

static uint64_t unlock_fast(struct vine_chan *c) {
  uint32_t held = VINE_LOCK_HELD;
  return cas_release(&c->lock.state, &held, VINE_LOCK_FREE) ? VINE_FAST_DONE
                                                            : VINE_FAST_UNLOCK;
}

struct vine__fast vine__chan_send_fast(struct vine_chan *c, uint64_t word,
                                       uint32_t type) {
  struct vine__fast no = {0, VINE_FAST_NO};
  if (VINE_SANITIZED || !c || type != c->type ||
      load_relaxed(&c->count) >= c->cap || c->stride == 0 || !try_lock_fast(c))
    return no;
  size_t count = load_relaxed(&c->count), at = c->sendx;
  if (load_relaxed(&c->closed) || count == c->cap ||
      load_relaxed(&c->recvq.first))
    return (struct vine__fast){0, VINE_FAST_LOCKED};
  c->buf[at] = word;
  c->sendx = at + 1 == c->cap ? 0 : at + 1;
  store_relaxed(&c->count, count + 1);
  return (struct vine__fast){1, unlock_fast(c)};
}

struct vine__fast vine__chan_recv_fast(struct vine_chan *c, uint32_t type) {
  struct vine__fast no = {0, VINE_FAST_NO};
  if (VINE_SANITIZED || !c || type != c->type || load_relaxed(&c->count) == 0 ||
      c->stride == 0 || !try_lock_fast(c))
    return no;
  size_t count = load_relaxed(&c->count), at = c->recvx;
  if (count == 0 || load_relaxed(&c->sendq.first))
    return (struct vine__fast){0, VINE_FAST_LOCKED};
  uint64_t word = c->buf[at];
  c->recvx = at + 1 == c->cap ? 0 : at + 1;
  store_relaxed(&c->count, count - 1);
  return (struct vine__fast){word, unlock_fast(c)};
}

uint64_t vine__chan_unlock_sys(struct vine_chan *c, uint64_t result) {
  vine__lock_adopt(&c->lock);
  vine__lock_release(&c->lock);
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

// --- the calls ---

int vine__chan_send_word_sys(struct vine_chan *c, uint64_t word,
                             uint32_t type) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_SEND);
  if (__builtin_expect(type != c->type, 0))
    word = convert(c, word, type);
  struct vine__op op = {.word = word};
  return (int)send(c, &op);
}

int vine__chan_send_sys(struct vine_chan *c, const void *p, size_t n) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_SEND);
  struct vine__op op = op_of(c, p, n);
  return (int)send(c, &op);
}

uint64_t vine__chan_recv_word_sys(struct vine_chan *c, uint32_t type) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_RECV);
  if (__builtin_expect(type != c->type, 0))
    fatal_type(c, type);
  vine__lock_acquire(&c->lock);
  return recv_word_unlock(c);
}

int vine__chan_recv_sys(struct vine_chan *c, void *p, size_t n) {
  if (!c)
    vine__block_forever(VINE_WAIT_CHAN_NIL_RECV);
  if (p)
    vine__chan_check_bytes(c, n);
  struct vine__op op = {.ptr = p};
  vine__lock_acquire(&c->lock);
  if (vine__chan_try_recv_unlock(c, &op))
    return op.ok;
  return (int)wait_in(c, &c->recvq, &op, VINE_WAIT_CHAN_RECV);
}

int vine__chan_try_send_sys(struct vine_chan *c, const void *p, size_t n) {
  if (!c || vine__chan_is_full(c))
    return -EAGAIN;
  struct vine__op op = op_of(c, p, n);
  vine__lock_acquire(&c->lock);
  if (vine__chan_try_send_unlock(c, &op))
    return 1;
  vine__lock_release(&c->lock);
  return -EAGAIN;
}

int vine__chan_try_recv_sys(struct vine_chan *c, void *p, size_t n) {
  if (!c || vine__chan_is_empty(c))
    return -EAGAIN;
  if (p)
    vine__chan_check_bytes(c, n);
  struct vine__op op = {.ptr = p};
  vine__lock_acquire(&c->lock);
  if (vine__chan_try_recv_unlock(c, &op))
    return op.ok;
  vine__lock_release(&c->lock);
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
  size_t stride = is_word && elem_bytes ? 8 : elem_bytes;
  size_t bytes = chan_bytes(stride, cap);
  struct vine_chan *c = vine__alloc(vine__own_cache(), bytes);
  if (!c)
    vine__fatal("out of memory: channel of %zu bytes", bytes);
  memset(c, 0, sizeof *c);
  vine__lock_init(&c->lock, VINE_RANK_CHAN);
  c->cap = cap;
  c->type = is_word ? VINE__TYPE(elem_bytes, cls) : UINT32_MAX;
  c->is_word = is_word;
  c->elem_bytes = elem_bytes;
  c->stride = stride;
  return c;
}

void vine__chan_free_sys(struct vine_chan *c) {
  if (!c)
    return;
  if (c->owner) {
    c->owner->on_free(c->owner);
    return;
  }
  if (load_relaxed(&c->recvq.first) || load_relaxed(&c->sendq.first))
    vine__fatal("free of a channel that somebody waits for");
  size_t bytes = chan_bytes(c->stride, c->cap);
  vine__free(vine__own_cache(), c, bytes);
}

// Marks c closed and returns its receivers, chained by next. Fatal if there is
// a sender: Go makes that one panic.
static struct vine__sudog *close_locked(struct vine_chan *c) {
  struct vine__sudog *list = NULL, **end = &list, *s;
  if (load_relaxed(&c->closed))
    vine__fatal("close of closed channel");
  vine__san_release(&c->closed);
  store_release(&c->closed, 1);
  while ((s = waitq_pop(&c->recvq)) != NULL) {
    s->next = NULL;
    *end = s;
    end = &s->next;
  }
  if (waitq_pop(&c->sendq))
    vine__fatal("send on closed channel");
  VINE_DCHECK(!load_relaxed(&c->recvq.first), "CHAN4: waiter after close");
  return list;
}

void vine__chan_close_sys(struct vine_chan *c) {
  if (!c)
    vine__fatal("close of nil channel");
  vine__lock_acquire(&c->lock);
  struct vine__sudog *s = close_locked(c), *next;
  size_t n = c->elem_bytes;
  vine__lock_release(&c->lock);
  for (; s; s = next) {
    next = s->next;
    if (s->elem)
      memset(s->elem, 0, n);
    wake(s, false, 0);
  }
}

VINE_EXPORT size_t vine_chan_len(struct vine_chan *c) {
  return c ? load_acquire(&c->count) : 0;
}

VINE_EXPORT size_t vine_chan_cap(struct vine_chan *c) { return c ? c->cap : 0; }
