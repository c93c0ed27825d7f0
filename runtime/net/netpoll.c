// SPDX-License-Identifier: MIT
// The poller.
//
// How it works. One poller of the system's for the process, opened when a
// goroutine first waits: a program that never does has none. The scheduler asks
// it at the times that sched/pollhook.c tells, through a hook. What it reports
// is passed on to the waiters of each descriptor (wait.c), and the goroutines
// that need wait no longer go back to the scheduler as one list.
//
// Should the program close the poller behind our back (closefrom in foreign
// code, say) it is opened anew, and all that waits is watched again. Should it
// forbid itself to use one (by a filter of system calls), or have no descriptor
// left for it, all that waits makes the plain call, and holds a thread.
//
// After a fork the child has the parent's poller, whose descriptors are the
// parent's: it forgets it, and all waiters, which are gone. Its own is opened
// when it first waits.
//
// Locking: NETPOLL while the poller is opened; held over a fork.
// Runs on: system stack; sysmon.

#include "net/netpoll.h"
#include "base/assert.h"
#include "mem/lock.h"
#include "net/desc.h"
#include "net/disk.h"
#include "net/shared.h"
#include "net/sigwait.h"
#include "net/wait.h"
#include "os/poller.h"
#include "sched/pollhook.h"
#include "sched/sched.h"
#include "sched/timer.h"

#include <errno.h>

#define BATCH 128 // events at once, as Go's

static struct vine__os_poller poller = {-1, -1, -1, 0};
static struct vine__lock open_lock = VINE_LOCK_INIT(NETPOLL);

// --- events ---

static void lose_poller(int err);

static _Atomic uint64_t polls, events_seen;

void vine__net_read_counts(uint64_t *polled, uint64_t *seen) {
  *polled = load_relaxed(&polls);
  *seen = load_relaxed(&events_seen);
}

static struct g *collect(int64_t timeout_ns) {
  struct vine__os_event events[BATCH];
  struct g *list = NULL;
  // A handler that sets it after this look also wakes the poller, or the one
  // who is about to sleep in it (pollhook.c).
  if (vine__sigwait_is_due())
    timeout_ns = 0;
  int n = vine__os_poller_wait(&poller, events, BATCH, timeout_ns);
  fetch_add_relaxed(&polls, 1);
  if (n > 0)
    fetch_add_relaxed(&events_seen, (uint64_t)n);
  if (n < 0)
    lose_poller(n);
  // Each is put in front: the first event's goroutine is to be the first.
  while (n-- > 0)
    list = events[n].key == VINE_OS_SIGNALS
               ? vine__sigwait_deliver(list)
               : vine__io_deliver(events[n].key, events[n].events, list);
  return vine__sigwait_is_due() ? vine__sigwait_collect(list) : list;
}

static void wake(void) { vine__os_poller_wake(&poller); }

// --- doubts ---
//
// A number that Vine saw begin is waited for without asking the poller, which
// would cost a system call each time. But a library may have closed it, and
// opened another file under it, which nobody watches. So such numbers are in a
// list, which the watchdog goes through now and then: where somebody waits and
// nothing has happened since the time before, it asks. Of ten thousand
// connections that are all at work each waits for longer than that, and would
// be asked about at each request: one system call in three. So it looks at no
// more than CHECKS of them at a time, and at the rest the next time.

#define CHECKS 512

static _Atomic int32_t doubts = -1; // fd; linked by doubt_next
static int32_t backlog = -1;        // the same, the watchdog's own

static void put_doubt(int fd, struct vine__desc *d) {
  int32_t head = load_relaxed(&doubts);
  do
    d->doubt_next = head;
  while (!cas_release(&doubts, &head, fd)); // pairs with check_doubts
}

static uint16_t doubt_seq(struct vine__desc *d) {
  return (uint16_t)(load_relaxed(&d->seq[0]) + load_relaxed(&d->seq[1]));
}

void vine__net_doubt(int fd, struct vine__desc *d) {
  if (d->is_doubted)
    return;
  d->is_doubted = true;
  d->doubt_seq = doubt_seq(d) - 1; // not this time
  put_doubt(fd, d);
}

static struct g *check_doubt(int fd, struct vine__desc *d) {
  struct g *list = NULL;
  vine__lock_acquire(&d->lock);
  if (load_relaxed(&d->first) && doubt_seq(d) != d->doubt_seq) {
    d->doubt_seq = doubt_seq(d);
    put_doubt(fd, d);
  } else {
    d->is_doubted = false;
    uint32_t end = VINE_IO_WAITING;
    if (load_relaxed(&d->first))
      end = vine__io_check_locked(fd, d, load_acquire(&d->gen), 0);
    if (end != VINE_IO_WAITING)
      list = vine__io_end_all_locked(d, end, NULL);
  }
  vine__lock_release(&d->lock);
  return list;
}

// By the watchdog only.
static void check_doubts(void) {
  if (backlog < 0)
    backlog = atomic_exchange_explicit(&doubts, -1, memory_order_acquire);
  for (int i = 0; i < CHECKS && backlog >= 0; i++) {
    int32_t fd = backlog;
    struct vine__desc *d = vine__desc_find(fd);
    VINE_ASSERT(d && d->is_doubted, "net: no such doubt");
    backlog = d->doubt_next; // which check_doubt may change
    vine__sched_ready_list(check_doubt(fd, d));
  }
}

static const struct vine__poll_hook hook = {collect, wake, check_doubts};

// --- opening ---

static bool is_open(void) { return load_acquire(&poller.set) >= 0; }

// The system has refused to wait in a poller that was open: so it will again.
static _Atomic bool is_refused;

int vine__net_open(void) {
  if (is_open())
    return 0;
  int err = load_relaxed(&is_refused) ? -ENOSYS : 0;
  vine__lock_acquire(&open_lock);
  if (!err && !is_open())
    err = vine__os_poller_open(&poller);
  vine__lock_release(&open_lock);
  if (!err)
    vine__poll_start(&hook);
  return err;
}

int vine__net_watch(int fd, uint32_t events, uint64_t key, bool was_watched) {
  int err = vine__net_open();
  if (err)
    return err == -EPERM ? -ENOMEM : err;
  return was_watched ? vine__os_poller_rewatch(&poller, fd, events, key)
                     : vine__os_poller_watch(&poller, fd, events, key);
}

int vine__net_watch_signals(uint64_t set) {
  int err = vine__net_open();
  if (err || (load_acquire(&poller.watched) & set) == set)
    return err;
  vine__lock_acquire(&open_lock);
  err = vine__os_poller_signals(&poller, set);
  vine__lock_release(&open_lock);
  return err;
}

void vine__net_ours(int fds[VINE_NET_OURS]) {
  fds[0] = load_relaxed(&poller.set);
  fds[1] = load_relaxed(&poller.wake);
  fds[2] = load_relaxed(&poller.signals);
  vine__disk_ours(fds + 3);
}

bool vine__net_is_ours(int fd) {
  int ours[VINE_NET_OURS];
  vine__net_ours(ours);
  for (int i = 0; i < VINE_NET_OURS && fd >= 0; i++)
    if (fd == ours[i])
      return true;
  return false;
}

// Whoever waits tries again, and so is watched by the new one.
static void lose_watch(int fd, struct vine__desc *d) {
  (void)fd;
  vine__lock_acquire(&d->lock);
  uint64_t f = load_relaxed(&d->facts);
  store_release(&d->facts, f & ~(uint64_t)(VINE_DESC_IN | VINE_DESC_OUT));
  store_relaxed(&d->drained, 0);
  struct g *list = vine__io_end_all_locked(d, VINE_IO_READY, NULL);
  vine__lock_release(&d->lock);
  vine__sched_ready_list(list);
}

// A thread may sleep in it since before it was refused: that one wakes, and
// finds the hook gone, or the poller.
static void lose_poller(int err) {
  vine__os_poller_wake(&poller);
  if (err != -EBADF && err != -EINVAL)
    store_relaxed(&is_refused, true);
  vine__lock_acquire(&open_lock);
  store_relaxed(&poller.set, -1);
  store_relaxed(&poller.wake, -1);
  store_relaxed(&poller.signals, -1);
  store_relaxed(&poller.watched, 0);
  vine__lock_release(&open_lock);
  vine__poll_stop();
  vine__desc_each(lose_watch);
  vine__sigwait_again();
  vine__net_open();
}

// --- fork ---

void vine__net_fork_prepare(void) { vine__lock_acquire(&open_lock); }

void vine__net_fork_parent(void) { vine__lock_release(&open_lock); }

static void forget(int fd, struct vine__desc *d) {
  (void)fd;
  vine__lock_init(&d->lock, VINE_RANK_DESC);
  store_relaxed(&d->facts, 0); // closes go unseen for a while: redirect.h
  store_relaxed(&d->drained, 0);
  store_relaxed(&d->accepting, 0);
  d->is_doubted = false;
  store_relaxed(&d->first, NULL);
  d->last = NULL;
}

void vine__net_fork_child(void) {
  vine__os_poller_close(&poller);
  store_relaxed(&is_refused, false);
  vine__lock_reset_child(&open_lock);
  store_relaxed(&doubts, -1);
  backlog = -1;
  vine__sigwait_fork_child();
  vine__shared_fork_child();
  vine__disk_fork_child();
  vine__desc_each(forget);
  vine__poll_fork_child();
}
