// SPDX-License-Identifier: MIT
// Goroutines that wait for the disk.
//
// How it works. A thread of its own has the ring, since a ring's operations end
// with the thread that began them. It begins what it finds in a queue, sleeps
// until something is done or it is woken, and makes those goroutines runnable.
// It is started with the first operation. Where the kernel has no such ring, or
// a filter of system calls forbids it, the queue is shut for good, and all
// calls are made as ever. So they are when the ring breaks, because foreign
// code closed its descriptor, say; what was under way then is waited for.
//
//   goroutine, parked                 the ring's thread
//   1) puts its operation in front    1) takes the whole queue
//   2) the queue was empty: wakes     2) begins them; sleeps
//
// No operation is forgotten: whoever finds the queue empty wakes after 1), a
// wake-up lasts until a sleep ends by it, and then 1) comes again. The others
// put theirs beside one whose wake-up is still to come. Before the ring is
// open nobody can be woken; its thread opens it before its first 1), and `wake`
// is stored between the two.
//
// Invariants:
// (DISK1) An operation in the queue, the backlog or the ring has a goroutine
//      that is WAITING for it, and that only the ring's thread makes runnable.
// (DISK2) After that nobody touches the operation, a local of the goroutine's.
// (DISK3) A queue that is shut stays so, but in a forked child.
//
// Runs on: system stack; the ring's thread.
// See also: os/ring.h; net/calls/disk.c, the calls.

#include "net/disk.h"
#include "base/assert.h"
#include "g.h"
#include "os/os.h"
#include "sched/deadlock.h"
#include "sched/park.h"
#include "sched/sched.h"
#include "sched/thread.h"

// Under way at a time. A disk has work for some dozens.
#define MOST 256

enum state { NOT_STARTED, STARTED };

_Atomic bool vine__disk_is_on;
static _Atomic uint32_t state;
static _Atomic uint64_t count;
static _Atomic int wake = -1;

// Linked by `next`, the last one first.
#define SHUT ((struct vine__disk_op *)1)
static struct vine__disk_op *_Atomic queue;

// The thread's own.
static struct vine__os_ring ring = {.fd = -1, .wake = -1};
static struct vine__disk_op *backlog, **backlog_end = &backlog;
static uint32_t under_way;
static struct vine__os_ring_done done[MOST];

uint64_t vine__disk_count(void) { return load_relaxed(&count); }

void vine__disk_use(bool on) { store_relaxed(&vine__disk_is_on, on); }

void vine__disk_ours(int fds[VINE_DISK_OURS]) {
  bool is_open = load_acquire(&wake) >= 0;
  fds[0] = is_open ? ring.fd : -1;
  fds[1] = is_open ? ring.wake : -1;
}

// --- the ring's thread ---

// DISK2.
static struct g *finish(struct vine__disk_op *op, long result, struct g *list) {
  struct g *g = op->g;
  op->result = result;
  g->next = list;
  return g;
}

// The watchdog may not find all asleep in between.
static void make_runnable(struct g *list, uint32_t n) {
  vine__sched_ready_list(list);
  fetch_sub_seq_cst(&vine__outside_waiters, n);
}

// The queue's operations in the order in which they came, behind the backlog.
static void append(struct vine__disk_op *last) {
  struct vine__disk_op *first = NULL, *end = last;
  while (last) {
    struct vine__disk_op *before = last->next;
    last->next = first;
    first = last;
    last = before;
  }
  if (first) {
    *backlog_end = first;
    backlog_end = &end->next;
  }
}

static struct vine__disk_op *next_of_backlog(void) {
  struct vine__disk_op *op = backlog;
  if (op && !(backlog = op->next))
    backlog_end = &backlog;
  return op;
}

static void begin_some(void) {
  append(exchange_seq_cst(&queue, NULL));
  while (backlog && under_way < MOST) {
    struct vine__disk_op *op = next_of_backlog();
    vine__os_ring_put(&ring, &op->op, (uintptr_t)op);
    under_way++;
  }
}

static void end_some(int n) {
  struct g *list = NULL;
  VINE_ASSERT((uint32_t)n <= under_way, "disk: done twice (DISK1)");
  under_way -= (uint32_t)n;
  fetch_add_relaxed(&count, (uint64_t)n);
  for (int i = n; i-- > 0;)
    list = finish((void *)done[i].key, done[i].result, list);
  make_runnable(list, (uint32_t)n);
}

// Those that the ring doesn't know of make the plain call.
static void give_up(void) {
  static uint64_t keys[MOST];
  struct vine__disk_op *op;
  struct g *list = NULL;
  uint32_t n = 0;
  store_relaxed(&vine__disk_is_on, false);
  append(exchange_seq_cst(&queue, SHUT));
  for (; (op = next_of_backlog()) != NULL; n++)
    list = finish(op, VINE_DISK_PLAIN, list);
  if (ring.fd >= 0)
    for (int i = vine__os_ring_take_back(&ring, keys); i-- > 0; n++) {
      under_way--;
      list = finish((void *)keys[i], VINE_DISK_PLAIN, list);
    }
  make_runnable(list, n);
  while (under_way > 0) {
    end_some(vine__os_ring_look(&ring, done, MOST));
    vine__os_sleep(1000 * 1000);
  }
}

static void *ring_main(void *arg) {
  int n = vine__os_ring_open(&ring, MOST);
  (void)arg;
  if (n == 0)
    store_seq_cst(&wake, ring.wake); // pairs with the load in add
  while (n >= 0) {
    begin_some();
    n = vine__os_ring_wait(&ring, done, MOST);
    if (n > 0)
      end_some(n);
  }
  give_up();
  fetch_sub_seq_cst(&vine__outside_threads, 1);
  return NULL;
}

// --- goroutines ---

static void start(void) {
  uint32_t s = NOT_STARTED;
  if (load_acquire(&state) != NOT_STARTED || !cas_acq_rel(&state, &s, STARTED))
    return;
  fetch_add_seq_cst(&vine__outside_threads, 1);
  if (vine__thread_create(ring_main, NULL)) {
    fetch_sub_seq_cst(&vine__outside_threads, 1);
    give_up();
  }
}

// False: the queue is shut (DISK3).
static bool add(struct g *g, void *arg) {
  struct vine__disk_op *op = arg, *first = load_relaxed(&queue);
  (void)g;
  do {
    if (first == SHUT) {
      op->result = VINE_DISK_PLAIN;
      fetch_sub_seq_cst(&vine__outside_waiters, 1);
      return false;
    }
    op->next = first;
  } while (!cas_seq_cst(&queue, &first, op)); // pairs with begin_some
  int to = first ? -1 : load_seq_cst(&wake);
  if (to >= 0)
    vine__os_ring_wake(to);
  return true;
}

void vine__disk_wait_sys(struct vine__disk_op *op) {
  op->g = vine__getg();
  op->result = VINE_DISK_PLAIN;
  if (!op->g)
    return;
  start();
  fetch_add_seq_cst(&vine__outside_waiters, 1);
  vine__park(op->g, VINE_WAIT_DISK, add, op);
}

// The thread is gone, and those who waited.
void vine__disk_fork_child(void) {
  vine__os_ring_close(&ring);
  store_relaxed(&wake, -1);
  store_relaxed(&queue, NULL);
  store_relaxed(&state, NOT_STARTED);
  store_relaxed(&vine__outside_waiters, 0);
  store_relaxed(&vine__outside_threads, 0);
  backlog = NULL;
  backlog_end = &backlog;
  under_way = 0;
}
