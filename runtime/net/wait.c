// SPDX-License-Identifier: MIT
// Goroutines that wait for descriptors.
//
// How it works. A call tries first, without waiting. If it would block, it
// leaves a node with each descriptor that it waits for and parks; an event
// takes the node out and wakes it, and it tries again. Many may wait for one
// descriptor: of those that want to take something the first is woken, and it
// passes the wake-up on when it has taken what it wanted (__vine_io_pass);
// those that only look, poll and kin, are all woken, and all are when the other
// side ended.
//
// No event is lost between the try and the park:
//
//   call                              thread that polls
//   1) reads seq                      1) takes the event from the system
//   2) tries: would block             2) lock: seq + 1; wakes the nodes
//   3) lock: seq as it was?
//      adds its node, has the
//      descriptor watched; unlock
//   4) parks
//
// The descriptor was watched before 1), and then what happens after the try is
// an event, which finds the node, or changes seq before 3). Or it is watched
// only in 3), and then it is reported at once if it is ready.
//
// A wait ends once, by whoever changes `state`; between 3) and 4) that may be
// before the goroutine parks, and then it doesn't.
//
// Invariants:
// (IOWAIT1) Exactly one changes state from WAITING or PARKED to an end, and
//      only if it was PARKED that one makes g runnable.
// (IOWAIT2) After that change nobody touches the records but under the lock of
//      a descriptor whose list they are in; __vine_io_end takes them out.
// (IOWAIT3) A node is in the list of d while is_queued, and that changes under
//      d's lock only.
//
// Checked: tests/model/netpoll.pml.
//
// Locking: DESC, one at a time. Runs on: system stack.
// See also: desc.h, netpoll.c; sigwait.c, signals that end a wait.

#include "net/wait.h"
#include "base/assert.h"
#include "g.h"
#include "net/netpoll.h"
#include "net/sigwait.h"
#include "os/io.h"
#include "sched/park.h"
#include "sched/pollhook.h"
#include "sched/sched.h"

#include <errno.h>
#include <poll.h>

#define IN_EVENTS ((uint32_t)(POLLIN | POLLPRI | POLLRDHUP))
#define END_EVENTS ((uint32_t)(POLLERR | POLLHUP))

// What a descriptor is watched for on behalf of readers: also what says that a
// short read isn't the last word (VINE_DESC_ENDING).
#define WATCH_IN IN_EVENTS
#define WATCH_OUT ((uint32_t)POLLOUT)

// --- ends ---

// IOWAIT1.
bool vine__io_try_end(struct vine__io_wait *w, uint32_t end, struct g **list) {
  struct g *g = w->g;
  uint32_t s = load_relaxed(&w->state);
  VINE_DCHECK(end > VINE_IO_PARKED, "io: not an end");
  do
    if (s > VINE_IO_PARKED)
      return false;
  while (!cas_acq_rel(&w->state, &s, end)); // pairs with commit
  fetch_sub_seq_cst(&vine__poll_waiters, 1);
  if (s != VINE_IO_PARKED)
    return true;
  g->next = *list;
  *list = g;
  return true;
}

// The same. w->g, linked to `list`, if the caller is to make it runnable.
static struct g *finish(struct vine__io_wait *w, uint32_t end, struct g *list) {
  vine__io_try_end(w, end, &list);
  return list;
}

static bool commit(struct g *g, void *arg) {
  struct vine__io_wait *w = arg;
  uint32_t s = VINE_IO_WAITING;
  (void)g;
  return cas_acq_rel(&w->state, &s, VINE_IO_PARKED); // pairs with finish
}

static void time_out(struct vine__timer *t) {
  vine__sched_ready_list(finish(t->arg, VINE_IO_TIMEOUT, NULL));
}

// --- the list of a descriptor; its lock is held ---

static void queue(struct vine__desc *d, struct vine__io_node *n) {
  VINE_DCHECK(vine__lock_is_held(&d->lock), "io: no lock (IOWAIT3)");
  n->next = NULL;
  n->prev = load_relaxed(&d->first) ? d->last : NULL;
  if (n->prev)
    n->prev->next = n;
  else
    store_relaxed(&d->first, n);
  d->last = n;
  n->is_queued = true;
}

static void unqueue(struct vine__desc *d, struct vine__io_node *n) {
  VINE_DCHECK(vine__lock_is_held(&d->lock), "io: no lock (IOWAIT3)");
  VINE_DCHECK(n->is_queued && n->d == d, "io: in another list (IOWAIT3)");
  if (n->prev)
    n->prev->next = n->next;
  else
    store_relaxed(&d->first, n->next);
  if (n->next)
    n->next->prev = n->prev;
  else
    d->last = n->prev;
  n->is_queued = false;
}

struct g *vine__io_end_all_locked(struct vine__desc *d,
                                  enum vine__io_state state, struct g *list) {
  struct vine__io_node *n;
  while ((n = load_relaxed(&d->first)) != NULL) {
    unqueue(d, n);
    list = finish(n->w, state, list);
  }
  return list;
}

// Wakes those that wait for `events`: all if so said, else the ones that only
// look, and the first of the others. Which directions were taken care of is
// in `served`.
static struct g *wake(struct vine__desc *d, uint32_t events, bool all,
                      struct g *list) {
  uint32_t served = 0;
  struct vine__io_node *next;
  for (struct vine__io_node *n = load_relaxed(&d->first); n; n = next) {
    next = n->next;
    uint32_t mine = n->events & events;
    if (!all && (!mine || (!n->is_shared && (served & mine))))
      continue;
    bool takes = !n->is_shared;
    unqueue(d, n);
    struct g *more = finish(n->w, VINE_IO_READY, list);
    if (more != list && takes)
      served |= mine;
    list = more;
  }
  return list;
}

// --- events ---

struct g *vine__io_deliver(uint64_t key, uint32_t events, struct g *list) {
  struct vine__desc *d = vine__desc_find((int)(uint32_t)key);
  uint32_t gen = (uint32_t)(key >> 32);
  if (!d)
    return list;
  vine__lock_acquire(&d->lock);
  if (load_acquire(&d->gen) == gen) { // else of a file that is closed
    bool end = events & END_EVENTS;
    if (end || (events & (POLLRDHUP | POLLPRI)))
      vine__desc_learn(d, gen, VINE_DESC_ENDING);
    if (end || (events & IN_EVENTS)) // DESC2
      store_release(&d->seq[VINE_IO_IN], load_relaxed(&d->seq[0]) + 1);
    if (end || (events & POLLOUT))
      store_release(&d->seq[VINE_IO_OUT], load_relaxed(&d->seq[1]) + 1);
    list = wake(d, events, end, list);
  }
  vine__lock_release(&d->lock);
  return list;
}

static void pass(struct vine__desc *d, enum vine__io_dir dir, bool changed) {
  uint32_t events = dir == VINE_IO_IN ? POLLIN : POLLOUT;
  vine__lock_acquire(&d->lock);
  if (changed)
    store_release(&d->seq[dir], load_relaxed(&d->seq[dir]) + 1); // DESC2
  struct g *list = wake(d, events, false, NULL);
  vine__lock_release(&d->lock);
  vine__sched_ready_list(list);
}

void vine__io_pass_sys(struct vine__desc *d, enum vine__io_dir dir) {
  pass(d, dir, false);
}

void vine__io_change_sys(struct vine__desc *d, enum vine__io_dir dir) {
  pass(d, dir, true);
}

// --- waiting ---

// Whether the poller need not be asked: it watches the file for all of `need`,
// and nobody can have put another in its place unseen.
static bool is_watched(uint32_t facts, uint32_t need) {
  return (facts & need) == need && (facts & VINE_DESC_OWNED);
}

uint32_t vine__io_check_locked(int fd, struct vine__desc *d, uint32_t gen,
                               uint32_t need) {
  uint32_t had = vine__desc_facts(d, gen) & (VINE_DESC_IN | VINE_DESC_OUT);
  need |= had;
  uint32_t events = (need & VINE_DESC_IN ? WATCH_IN : 0) |
                    (need & VINE_DESC_OUT ? WATCH_OUT : 0);
  int err =
      vine__net_watch(fd, events, (uint64_t)gen << 32 | (uint32_t)fd, had != 0);
  if (err == 1) { // all that was known was of another file
    store_release(&d->facts, (uint64_t)gen << 32 | need);
    store_relaxed(&d->drained, 0);
    store_relaxed(&d->asked, 0);
    return VINE_IO_READY;
  }
  if (err == -EPERM)
    vine__desc_learn(d, gen, VINE_DESC_FILE);
  else if (!err)
    vine__desc_learn(d, gen, need);
  if (err == -EBADF && vine__os_file_flags(fd) == -EBADF)
    return VINE_IO_CLOSED; // and not the plain call: see vine__io_kind
  return err ? VINE_IO_HELD : VINE_IO_WAITING;
}

static bool is_file(const struct vine__io_node *n) {
  return (vine__desc_facts(n->d, n->gen) & VINE_DESC_KIND) == VINE_DESC_FILE;
}

// Has n's descriptor watched. An end of the wait, or WAITING.
static uint32_t watch_locked(struct vine__io_node *n) {
  uint32_t need = 0;
  if (n->events & ~(uint32_t)POLLOUT || !n->events)
    need |= VINE_DESC_IN;
  if (n->events & POLLOUT)
    need |= VINE_DESC_OUT;
  if (is_watched(vine__desc_facts(n->d, n->gen), need)) {
    vine__net_doubt(n->fd, n->d);
    return VINE_IO_WAITING;
  }
  uint32_t end = vine__io_check_locked(n->fd, n->d, n->gen, need);
  // Of a file that is always ready nothing is to be told but its close.
  if (end == VINE_IO_HELD && n->is_shared && is_file(n))
    return VINE_IO_WAITING;
  return end;
}

static bool is_old(const struct vine__io_node *n) {
  const struct vine__desc *d = n->d;
  _Atomic uint32_t *seq = ((struct vine__desc *)(uintptr_t)d)->seq;
  bool in = n->events & ~(uint32_t)POLLOUT || !n->events;
  return (in && load_relaxed(&seq[VINE_IO_IN]) != n->seq[VINE_IO_IN]) ||
         ((n->events & POLLOUT) &&
          load_relaxed(&seq[VINE_IO_OUT]) != n->seq[VINE_IO_OUT]);
}

// Steps 3) at the top of the file. An end of the wait, or WAITING.
static uint32_t attach(struct vine__io_wait *w, struct vine__io_node *n) {
  struct vine__desc *d = vine__desc_get(n->fd);
  n->w = w;
  n->d = d;
  n->is_queued = false;
  if (!d)
    return VINE_IO_HELD;
  uint32_t end;
  vine__lock_acquire(&d->lock);
  if (load_acquire(&d->gen) != n->gen)
    end = VINE_IO_CLOSED; // DESC3
  else if (is_old(n))
    end = VINE_IO_READY; // DESC2
  else
    end = watch_locked(n);
  if (end == VINE_IO_WAITING)
    queue(d, n);
  vine__lock_release(&d->lock);
  return end;
}

// --- the entries ---

static bool is_main(const struct vine__io_wait *w) {
  return w->g == load_relaxed(&vine__sched.main_g);
}

static void count(const struct vine__io_wait *w) {
  struct vine__counts *c = &vine__m_p(vine__getm())->counts;
  vine__count(&c->io_parks, 1);
  vine__count(&c->io_retries, w->is_retry);
}

// Nodes that one entry adds to lists, or takes out: a call may have a hundred
// thousand, and others are to run meanwhile.
#define AT_ONCE 256u

// An end of the wait, or WAITING.
static uint32_t begin(struct vine__io_wait *w) {
  VINE_DCHECK(w->timer || w->deadline_ns == VINE_NEVER, "io: no timer");
  if (w->timer)
    *w->timer = (struct vine__timer){0};
  w->must_end = w->deadline_ns != VINE_NEVER || w->count != 1 || w->has_signals;
  store_relaxed(&w->state, VINE_IO_WAITING);
  count(w);
  fetch_add_seq_cst(&vine__poll_waiters, 1); // finish takes it off
  if (!is_main(w))
    return VINE_IO_WAITING;
  w->must_end = true;
  vine__sigwait_note_main(w);
  if (w->count == 0 && vine__net_open() != 0)
    return VINE_IO_HELD; // only it tells of handlers that ran
  return VINE_IO_WAITING;
}

static void end_here(struct vine__io_wait *w, uint32_t end) {
  struct g *self = finish(w, end, NULL);
  VINE_ASSERT(!self, "io: parked while it runs (IOWAIT1)");
}

// All nodes are in the lists.
static void park(struct vine__io_wait *w) {
  if (w->deadline_ns != VINE_NEVER)
    vine__timer_start(w->timer, w->deadline_ns, time_out, w);
  w->g->waiting = w; // for dumps
  if (load_acquire(&w->state) == VINE_IO_WAITING)
    vine__park(w->g, w->reason, commit, w);
}

void vine__io_wait_sys(struct vine__io_wait *w) {
  uint32_t end = VINE_IO_WAITING;
  w->g = vine__getg();
  if (!w->g) {
    store_relaxed(&w->state, VINE_IO_HELD);
    return;
  }
  if (w->attached == 0)
    end = begin(w);
  else if (load_acquire(&w->state) != VINE_IO_WAITING)
    return;
  for (uint32_t i = 0; i < AT_ONCE && w->attached < w->count; i++)
    if (end == VINE_IO_WAITING)
      end = attach(w, &w->nodes[w->attached++]);
  if (end == VINE_IO_WAITING && w->attached < w->count)
    return; // more to come
  if (end == VINE_IO_WAITING && w->has_signals)
    end = vine__sigwait_attach((struct vine__sigwait *)w);
  if (end != VINE_IO_WAITING)
    end_here(w, end);
  else
    park(w);
}

bool vine__io_waited_by(const struct g *g, struct vine__io_waited *out) {
  const struct vine__io_wait *w = g->waiting;
  if (g->reason < VINE_WAIT_READ || g->reason > VINE_WAIT_POLL || w->count == 0)
    return false;
  *out = (struct vine__io_waited){w->nodes[0].fd, w->nodes[0].events, w->count};
  return true;
}

void vine__io_read_counts(struct vine__io_counts *out) {
  uint32_t procs = load_acquire(&vine__sched.procs_made);
  *out = (struct vine__io_counts){0};
  for (uint32_t i = 0; i < procs; i++) {
    struct vine__counts *c = &vine__sched.allp[i]->counts;
    out->parks += load_relaxed(&c->io_parks);
    out->retries += load_relaxed(&c->io_retries);
  }
  out->waiting = load_relaxed(&vine__poll_waiters);
  vine__net_read_counts(&out->polls, &out->events);
}

static void detach(struct vine__io_node *n) {
  if (!n->is_queued)
    return;
  vine__lock_acquire(&n->d->lock); // IOWAIT2
  if (n->is_queued)
    unqueue(n->d, n);
  vine__lock_release(&n->d->lock);
}

void vine__io_end_sys(struct vine__io_wait *w) {
  VINE_DCHECK(load_relaxed(&w->state) > VINE_IO_PARKED, "io: still waits");
  for (uint32_t i = 0; i < AT_ONCE && w->attached > 0; i++)
    detach(&w->nodes[--w->attached]);
  if (w->attached > 0 || !w->g)
    return; // more to come
  if (is_main(w))
    vine__sigwait_note_main(NULL);
  if (w->has_signals)
    vine__sigwait_detach((struct vine__sigwait *)w);
  if (w->deadline_ns != VINE_NEVER)
    vine__timer_stop_sync(w->timer); // IOWAIT2
}
