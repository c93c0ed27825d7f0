// SPDX-License-Identifier: MIT
// Select: waits for several channels at once.
//
// How it works.
//   1) hints: look at all channels without a lock; pick one at random from
//      those that seem ready, and try it under its lock alone;
//   2) lock all channels, by ascending address, and look again: now the hints
//      are exact, except where only selects wait that are over. A channel that
//      is ready stays locked, the others are unlocked, and the operation is
//      done;
//   3) if none is ready, put a sudog into each channel's queue, and wait;
//   4) the waker that sets `done` first has won (SELECT1). It finishes the
//      select: it takes the other sudogs out of their queues, and wakes.
// Step 1 may miss a channel that becomes ready just after it was looked at. So
// a select that doesn't wait gives up in step 2 only.
//
// Choosing among k ready ones by a random number less than k is uniform.
//
// Invariants:
// (SELECT1) `done` goes from 0 to 1 once. The record belongs to the thread that
//      set it.
// (SELECT2) A thread that unlinks a sudog and finds that another thread has won
//      its select doesn't touch it again: the winner takes the same channel's
//      lock in step 4, after that, and only then frees the memory.
// (SELECT3) While a select unlocks its channels (unlock_all) its record stays:
//      a winner needs the last of those locks.
// (SELECT4) With a deadline, a timer competes for `done`. If it loses, and
//      could not be stopped, the second of winner and timer frees the record.
//      Of a plain thread the deadline competes until the thread is woken, and
//      so the thread frees the record itself.
//
// Locking: channels by ascending address, each once. In step 4 one at a time.
// Runs on: system stack or a plain thread. Allocates the record.
//
// Rejected: Go's random permutation of the cases (an array, and n random
// numbers); the woken goroutine dequeues its records itself (it would need a
// hook in the scheduler's fast path).
// See also: chan.c, tests/model/select.pml.

#include "api/entry.h"
#include "base/fatal.h"
#include "os/os.h"

#include "sched/bias.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "sync/elem.h"
#include "sync/sudog.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define NONE (-1)

struct vine__select {
  _Atomic uint32_t done;
  uint32_t n;
  vine__waiter waiter;
  struct vine_select_case *cases;
  struct vine_select_case own; // cases of a select of one
  int64_t deadline_ns;         // 0: none
  struct vine__timer timer;
  _Atomic bool is_left;    // by winner or timer, the first of both (SELECT4)
  struct vine__sudog sg[]; // of cases with a channel, by ascending channel
};

_Static_assert(VINE_SELECT_SEND > VINE_SELECT_RECV, "the last direction");

static size_t select_bytes(size_t n) {
  return sizeof(struct vine__select) + n * sizeof(struct vine__sudog);
}

// --- choosing ---

static uint64_t random_number(void) {
  static _Atomic uint64_t outside; // for plain threads: splitmix64
  struct m *m = vine__getm();
  if (m && vine__m_call_sp(m) == 1)
    return vine__rand(m);
  uint64_t x = fetch_add_relaxed(&outside, 0x9e3779b97f4a7c15ull);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static bool seems_ready(const struct vine_select_case *k) {
  if (!k->chan)
    return false;
  return k->dir == VINE_SELECT_SEND ? !vine__chan_is_full(k->chan)
                                    : !vine__chan_is_empty(k->chan);
}

// One of the cases that seem ready, or NONE.
static int choose(const struct vine_select_case *cases, size_t n) {
  int chosen = NONE;
  uint64_t ready = 0;
  for (size_t i = 0; i < n; i++)
    if (seems_ready(&cases[i]) &&
        (++ready == 1 || random_number() % ready == 0))
      chosen = (int)i;
  return chosen;
}

// Does the operation of k, whose channel is locked, if it can be done.
static bool do_case_unlock(struct vine_select_case *k) {
  struct vine_chan *c = k->chan;
  struct vine__op op = {.ptr = k->ptr};
  bool done;
  VINE_DCHECK(vine__lock_is_held(&c->lock), "select: channel not locked");
  if (k->dir == VINE_SELECT_SEND) {
    if (c->is_word)
      op.word = vine__word_load(k->ptr, c->elem_bytes);
    done = vine__chan_try_send_unlock(c, &op);
  } else {
    done = vine__chan_try_recv_unlock(c, &op);
    if (done)
      k->ok = op.ok;
  }
  if (!done)
    vine__chan_unlock(c);
  return done;
}

static int try_hinted(struct vine_select_case *cases, size_t n) {
  int i = choose(cases, n);
  if (i == NONE)
    return NONE;
  vine__chan_lock(cases[i].chan);
  return do_case_unlock(&cases[i]) ? i : NONE;
}

// --- the record ---

static void swap(struct vine__sudog *a, struct vine__sudog *b) {
  struct vine__sudog t = *a;
  *a = *b;
  *b = t;
}

static void sift_down(struct vine__sudog *s, size_t i, size_t n) {
  for (size_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && s[child + 1].c > s[child].c)
      child++;
    if (s[i].c >= s[child].c)
      return;
    swap(&s[i], &s[child]);
  }
}

// By ascending channel. Heapsort: no recursion, no bad case.
static void sort(struct vine__sudog *s, size_t n) {
  for (size_t i = n / 2; i-- > 0;)
    sift_down(s, i, n);
  for (size_t i = n; i-- > 1;) {
    swap(&s[0], &s[i]);
    sift_down(s, 0, i);
  }
}

static bool is_last_of_chan(const struct vine__select *sel, uint32_t i) {
  VINE_DCHECK(i < sel->n, "select: no such record");
  return i + 1 == sel->n || sel->sg[i + 1].c != sel->sg[i].c;
}

// Whether its records are as its cases, by ascending channel.
static bool select_is_valid(const struct vine__select *sel) {
  for (uint32_t i = 0; i < sel->n; i++) {
    const struct vine__sudog *s = &sel->sg[i];
    if (s->sel != sel || !s->c || s->c != sel->cases[s->index].chan)
      return false;
    if (i > 0 && sel->sg[i - 1].c > s->c)
      return false;
  }
  return load_relaxed(&((struct vine__select *)(uintptr_t)sel)->done) <= 1;
}

// The records of one channel in a random order: the first one in its queue is
// the one that happens.
static void shuffle_twins(struct vine__select *sel) {
  for (uint32_t i = 0, first = 0; i < sel->n; i++) {
    if (i > first)
      swap(&sel->sg[i], &sel->sg[first + random_number() % (i - first + 1)]);
    if (is_last_of_chan(sel, i))
      first = i + 1;
  }
}

static void add_case(struct vine__select *sel, struct vine_select_case *k,
                     size_t i) {
  bool is_send = k->dir == VINE_SELECT_SEND;
  sel->sg[sel->n++] = (struct vine__sudog){
      .sel = sel,
      .c = k->chan,
      .elem = k->ptr,
      .word = is_send && k->chan->is_word
                  ? vine__word_load(k->ptr, k->chan->elem_bytes)
                  : 0,
      .index = (uint32_t)i,
  };
}

static struct vine__select *select_new(struct vine_select_case *cases,
                                       size_t n) {
  size_t with_chan = 0;
  for (size_t i = 0; i < n; i++)
    with_chan += cases[i].chan != NULL;
  struct vine__select *sel = vine__wait_record_alloc(select_bytes(with_chan));
  memset(sel, 0, sizeof *sel);
  sel->cases = cases;
  for (size_t i = 0; i < n; i++)
    if (cases[i].chan)
      add_case(sel, &cases[i], i);
  VINE_ASSERT(sel->n == with_chan, "select: cases changed during the call");
  sort(sel->sg, sel->n);
  shuffle_twins(sel);
  VINE_XCHECK(select_is_valid(sel), "select: not sorted");
  return sel;
}

static void select_free(struct vine__select *sel) {
  VINE_DCHECK(load_relaxed(&sel->done) || !sel->waiter,
              "SELECT1: freed before it was won");
  vine__wait_record_free(sel, select_bytes(sel->n));
}

// SELECT4: true for the second to leave.
static bool leave(struct vine__select *sel) {
  return exchange_acq_rel(&sel->is_left, true);
}

// The winner is done with sel. A plain thread frees its own (SELECT4).
static void select_release(struct vine__select *sel) {
  if (vine__waiter_is_thread(sel->waiter))
    return;
  if (!sel->deadline_ns || vine__timer_stop(&sel->timer) || leave(sel))
    select_free(sel);
}

// --- locks ---

static void lock_all(struct vine__select *sel) {
  for (uint32_t i = 0; i < sel->n; i++)
    if (is_last_of_chan(sel, i))
      vine__biased_acquire(&sel->sg[i].c->lock);
}

// All but `keep`'s. Reads nothing of sel after the last release (SELECT3).
static void unlock_all(struct vine__select *sel, struct vine_chan *keep) {
  uint32_t n = sel->n;
  VINE_DCHECK(!keep || vine__lock_is_held(&keep->lock),
              "select: what is to stay locked isn't");
  for (uint32_t i = 0; i < n; i++)
    if (is_last_of_chan(sel, i) && sel->sg[i].c != keep)
      vine__chan_unlock(sel->sg[i].c);
}

// --- waking ---

static bool try_win(struct vine__select *sel) {
  uint32_t zero = 0;
  return cas_acq_rel(&sel->done, &zero, 1); // SELECT1
}

bool vine__select_try_win(struct vine__sudog *s) {
  VINE_DCHECK(s->sel, "select: won by a plain waiter");
  VINE_DCHECK(!vine__waitq_entry_is_linked(&s->link),
              "SELECT2: won while linked");
  return try_win(s->sel);
}

static struct vine__waitq *queue_of(const struct vine__select *sel,
                                    const struct vine__sudog *s) {
  return sel->cases[s->index].dir == VINE_SELECT_SEND ? &s->c->sendq
                                                      : &s->c->recvq;
}

// Takes what is left of sel out of all queues (SELECT2).
static void unlink_all(struct vine__select *sel) {
  VINE_XCHECK(select_is_valid(sel), "select: records disagree with cases");
  VINE_DCHECK(load_relaxed(&sel->done) == 1,
              "SELECT1: unlinked before it was won");
  for (uint32_t i = 0; i < sel->n; i++) {
    struct vine__sudog *s = &sel->sg[i];
    vine__chan_lock(s->c);
    for (;; s = &sel->sg[++i]) {
      if (vine__waitq_entry_is_linked(&s->link))
        vine__waitq_remove(queue_of(sel, s), &s->link);
      if (is_last_of_chan(sel, i))
        break;
    }
    vine__chan_unlock(s->c);
  }
}

// The select is over; its call returns ret.
static void finish(struct vine__select *sel, int ret) {
  vine__waiter waiter = sel->waiter;
  unlink_all(sel);
  if (!vine__waiter_is_thread(waiter))
    vine__waiter_leave(waiter, sel);
  select_release(sel);
  vine__waiter_wake(waiter, (uint64_t)(int64_t)ret);
}

// What the call returns after case i: a select its number, a send or receive
// with a deadline whether it found the channel open.
static int result(const struct vine__select *sel, uint32_t i, bool ok) {
  return sel->cases == &sel->own ? ok : (int)i;
}

void vine__select_finish(struct vine__sudog *s, bool ok) {
  struct vine__select *sel = s->sel;
  VINE_DCHECK(s >= sel->sg && s < sel->sg + sel->n, "select: another's record");
  sel->cases[s->index].ok = ok;
  finish(sel, result(sel, s->index, ok));
}

static void timed_out(struct vine__timer *t) {
  struct vine__select *sel = VINE_CONTAINER(t, struct vine__select, timer);
  if (!try_win(sel)) {
    if (leave(sel))
      select_free(sel);
    return;
  }
  VINE_DCHECK(sel->deadline_ns, "SELECT4: timed out without a deadline");
  VINE_DCHECK(!vine__waiter_is_thread(sel->waiter),
              "SELECT4: a thread waits without a timer");
  sel->deadline_ns = 0; // the timer is over
  finish(sel, -ETIMEDOUT);
}

// --- waiting ---

static void enqueue_all(struct vine__select *sel, vine__waiter waiter) {
  VINE_DCHECK(!sel->waiter && !load_relaxed(&sel->done),
              "SELECT1: waits a second time");
  sel->waiter = waiter;
  vine__san_release(vine__waiter_sync_key(waiter));
  for (uint32_t i = 0; i < sel->n; i++) {
    struct vine__sudog *s = &sel->sg[i];
    VINE_DCHECK(vine__lock_is_held(&s->c->lock), "select: not locked");
    vine__waitq_entry_init(&s->link, waiter);
    vine__waitq_push_back(queue_of(sel, s), &s->link);
  }
}

// The locks alone keep sel from here on; where it has no channel but a timer,
// nothing does once that is started.
static bool park_unlock(struct g *g, void *arg) {
  (void)g;
  struct vine__select *sel = arg;
  bool has_locks = sel->n != 0;
  if (sel->deadline_ns)
    vine__timer_start(&sel->timer, sel->deadline_ns, timed_out, NULL);
  if (has_locks)
    unlock_all(sel, NULL);
  return true;
}

static int wait_thread(struct vine__select *sel) {
  struct vine__sleeper me = {0, 0};
  int64_t deadline_ns = sel->deadline_ns;
  int ret = -ETIMEDOUT;
  enqueue_all(sel, vine__waiter_of_thread(&me));
  unlock_all(sel, NULL);
  if (deadline_ns && !vine__sleep_until(&me, deadline_ns) && try_win(sel))
    unlink_all(sel);
  else
    ret = (int)vine__sleep(&me);
  select_free(sel);
  return ret;
}

// All channels are locked, and none is ready.
static int wait(struct vine__select *sel, enum vine__wait_reason why) {
  struct g *g = vine__getg();
  if (!g)
    return wait_thread(sel);
  g->waiting = sel;
  enqueue_all(sel, vine__waiter_of_goroutine(g));
  vine__park(g, why, park_unlock, sel);
}

static void check_cases(const struct vine_select_case *cases, size_t n) {
  if (n > INT_MAX)
    vine__fatal("select: %zu cases", n);
  for (size_t i = 0; i < n; i++) {
    if (cases[i].dir > VINE_SELECT_SEND)
      vine__fatal("select: case %zu neither sends nor receives", i);
    if (!cases[i].chan)
      continue;
    bool is_send = cases[i].dir == VINE_SELECT_SEND;
    vine__chan_check(cases[i].chan, is_send ? "send on" : "receive from");
    if (cases[i].ptr || is_send)
      vine__chan_check_bytes(cases[i].chan, cases[i].bytes);
  }
}

// How long a select waits.
struct limit {
  bool try;            // not at all
  int64_t deadline_ns; // 0: for ever
};

// The cases once more, under all locks. NONE: all are locked now.
static int do_or_lock_all(struct vine__select *sel,
                          struct vine_select_case *cases, size_t n) {
  for (;;) {
    lock_all(sel);
    int i = choose(cases, n);
    if (i == NONE)
      return NONE;
    unlock_all(sel, cases[i].chan);
    if (do_case_unlock(&cases[i]))
      return i;
  }
}

static bool is_over(const struct limit *l) {
  return l->deadline_ns && vine__os_nanotime() >= l->deadline_ns;
}

// The steps 2 and 3.
static int select_slow(struct vine_select_case *cases, size_t n,
                       const struct limit *l) {
  struct vine__select *sel = select_new(cases, n);
  int i = do_or_lock_all(sel, cases, n);
  if (i == NONE && !l->try && !is_over(l)) {
    sel->deadline_ns = l->deadline_ns;
    return wait(sel, VINE_WAIT_SELECT);
  }
  if (i == NONE)
    unlock_all(sel, NULL);
  select_free(sel);
  return i != NONE ? i : l->try ? -EAGAIN : -ETIMEDOUT;
}

static int run(struct vine_select_case *cases, size_t n,
               const struct limit *l) {
  check_cases(cases, n);
  int i = try_hinted(cases, n);
  return i != NONE ? i : select_slow(cases, n, l);
}

int vine__select_sys(struct vine_select_case *cases, size_t n) {
  if (n == 0)
    vine__block_forever(VINE_WAIT_SELECT_EMPTY);
  return run(cases, n, &(struct limit){0});
}

int vine__select_try_sys(struct vine_select_case *cases, size_t n) {
  return run(cases, n, &(struct limit){.try = true});
}

int vine__select_until_sys(struct vine_select_case *cases, size_t n,
                           int64_t deadline_ns) {
  return run(cases, n, &(struct limit){.deadline_ns = deadline_ns | 1});
}

// --- one channel, with a deadline ---

static int one_until(struct vine_select_case *k, int64_t deadline_ns,
                     enum vine__wait_reason why) {
  struct limit l = {.deadline_ns = deadline_ns | 1};
  check_cases(k, 1);
  k->ok = true; // of a send
  if (try_hinted(k, 1) != NONE)
    return k->ok;
  struct vine__select *sel = select_new(k, 1);
  int i = do_or_lock_all(sel, k, 1);
  if (i == NONE && !is_over(&l)) {
    sel->own = *k;
    sel->cases = &sel->own;
    sel->deadline_ns = l.deadline_ns;
    return wait(sel, why);
  }
  if (i == NONE)
    unlock_all(sel, NULL);
  select_free(sel);
  return i == NONE ? -ETIMEDOUT : k->ok;
}

int vine__chan_send_until_sys(struct vine_chan *c, const void *p, size_t n,
                              int64_t deadline_ns) {
  struct vine_select_case k = {c, (void *)(uintptr_t)p, n, VINE_SELECT_SEND,
                               false};
  return one_until(&k, deadline_ns, VINE_WAIT_CHAN_SEND);
}

int vine__chan_recv_until_sys(struct vine_chan *c, void *p, size_t n,
                              int64_t deadline_ns) {
  struct vine_select_case k = {c, p, n, VINE_SELECT_RECV, false};
  return one_until(&k, deadline_ns, VINE_WAIT_CHAN_RECV);
}
