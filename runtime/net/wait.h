// SPDX-License-Identifier: MIT
// Waiting for descriptors: the records that a call leaves with them, and what
// happens to them. wait.c tells how.
//
// The records belong to the caller, who is compiled by the pass: as locals
// whose address is taken they lie on its side stack, and stay where they are
// while it is parked.
#ifndef VINE_WAIT_H
#define VINE_WAIT_H

#include "net/desc.h"
#include "sched/park.h"
#include "sched/timer.h"

struct g;

// Of vine__io_wait.state: waiting, or how it ended.
enum vine__io_state {
  VINE_IO_WAITING, // about to park
  VINE_IO_PARKED,
  VINE_IO_READY,   // something happened: try again
  VINE_IO_TIMEOUT, // the deadline has passed
  VINE_IO_CLOSED,  // a descriptor was closed
  VINE_IO_INTR,    // a signal handler ran
  VINE_IO_HELD,    // can't be waited for here: make the plain call
};

// One descriptor that a call waits for. The caller fills in the first part.
struct vine__io_node {
  int fd;
  uint32_t events; // POLLIN and so on; errors and ends come unasked
  uint32_t gen;    // that it saw
  uint32_t seq[2]; // counts of events before it looked
  bool is_shared;  // only looks: wakes beside others that wait for the same
  // wait.c's; the lock of d.
  bool is_queued;
  struct vine__desc *d;
  struct vine__io_wait *w;
  struct vine__io_node *next, *prev;
};

// A call that waits.
struct vine__io_wait {
  struct vine__io_node *nodes;
  uint32_t count;
  uint8_t reason;      // enum vine__wait_reason
  int64_t deadline_ns; // VINE_NEVER: none
  bool is_restarted;   // by SA_RESTART
  bool is_retry;       // the call was woken once, and found nothing
  bool must_end;       // out: __vine_io_end is needed even if no node is queued
  bool has_signals;    // this is the first part of a struct vine__sigwait
  // wait.c's, 0 at first.
  uint32_t attached;      // nodes that have been, or are, in lists
  _Atomic uint32_t state; // enum vine__io_state
  struct g *g;
  struct vine__timer *timer; // the caller's, if there is a deadline
};

// Parks the running goroutine until something happens to a node of w, or the
// deadline passes; w->state says how it ended. If that is WAITING still, there
// are too many nodes to be dealt with at once: call it again. Compiled code
// calls these, on the goroutine's stack: they are entry stubs (api/entry.def).
// Before the records go it calls __vine_io_end, if must_end or a node is queued
// still, and again while `attached` isn't 0.
void __vine_io_wait(struct vine__io_wait *w);
void __vine_io_end(struct vine__io_wait *w);
// A waiter of d that was woken has taken what it wanted, and perhaps left
// something: wakes the next one.
void __vine_io_pass(struct vine__desc *d, enum vine__io_dir dir);
// The same, and whoever looked before now is to look again.
void __vine_io_change(struct vine__desc *d, enum vine__io_dir dir);

void vine__io_wait_sys(struct vine__io_wait *w);
void vine__io_end_sys(struct vine__io_wait *w);
void vine__io_pass_sys(struct vine__desc *d, enum vine__io_dir dir);
void vine__io_change_sys(struct vine__desc *d, enum vine__io_dir dir);

// The goroutines, linked by `next` and still WAITING, that an event of a
// descriptor ends the waiting of, put before `list`.
struct g *vine__io_deliver(uint64_t key, uint32_t events, struct g *list);

// Asks the poller about d, generation gen of fd, and puts what is known right.
// An end for those who wait, or WAITING. The lock is held.
uint32_t vine__io_check_locked(int fd, struct vine__desc *d, uint32_t gen,
                               uint32_t need);

// Ends w's waiting. False: it has ended already. *list: the goroutine comes in
// front, if it is for the caller to make it runnable.
bool vine__io_try_end(struct vine__io_wait *w, uint32_t end, struct g **list);

// Whether a goroutine that waits for that reason has a struct vine__io_wait.
static inline bool vine__io_is_reason(uint8_t reason) {
  return VINE_WAIT_READ <= reason && reason <= VINE_WAIT_SIGNAL;
}

// What a goroutine waits for, the first if there are several: a descriptor, and
// for which events (POLLIN and so on). False: for none. g is WAITING, and the
// caller scans it.
struct vine__io_waited {
  int fd;
  uint32_t events;
  uint32_t count; // of descriptors
};
bool vine__io_waited_by(const struct g *g, struct vine__io_waited *out);

// Numbers since the start, but `waiting`, which is now.
struct vine__io_counts {
  uint64_t parks, retries, polls, events, waiting;
};
void vine__io_read_counts(struct vine__io_counts *out);

// All that wait in d stop, with that state. The lock is held.
struct g *vine__io_end_all_locked(struct vine__desc *d,
                                  enum vine__io_state state, struct g *list);

#endif
