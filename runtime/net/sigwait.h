// SPDX-License-Identifier: MIT
// Signals and parked calls: handlers that end them, and calls that wait for
// signals. sigwait.c tells how.
#ifndef VINE_SIGWAIT_H
#define VINE_SIGWAIT_H

#include "net/wait.h"

#include <poll.h>
#include <signal.h>
#include <sys/select.h>

// A call that waits for signals beside descriptors. The caller, who is compiled
// by the pass, fills in the first part.
struct vine__sigwait {
  struct vine__io_wait w; // has_signals
  uint64_t lets_in;       // set of signals: the goroutine blocks them, and the
                          // call's next try takes what is pending of them
  uint64_t open;          // their handlers end the call wherever they run
  uint32_t seq;           // vine__sigwait_seq before the last try
  // sigwait.c's; its lock.
  bool is_queued;
  struct vine__sigwait *next, *prev;
};

// Changes when a signal has come to be pending: who looked before must look
// again.
extern VINE_HIDDEN _Atomic uint32_t vine__sigwait_seq;

// The calls whose try lets signals in: as vine__os_ppoll and vine__os_pselect,
// with that mask. Compiled code calls them as foreign functions.
long vine__sigwait_ppoll(struct pollfd *fds, nfds_t n,
                         const struct timespec *limit, uint64_t mask);
long vine__sigwait_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                           const struct timespec *limit, uint64_t mask);
// A call that waited for signals is over, and may have left some that are
// pending to others.
void vine__sigwait_pass(void);
// The running goroutine's mask, for such a call. False: it keeps its thread
// anyway, which should rather wait in the kernel.
bool vine__sigwait_mask(uint64_t *mask);

// --- for wait.c ---

// Main begins to wait, or has ended (null).
void vine__sigwait_note_main(struct vine__io_wait *w);
// s begins to wait. An end of the wait, or WAITING.
uint32_t vine__sigwait_attach(struct vine__sigwait *s);
// It has ended.
void vine__sigwait_detach(struct vine__sigwait *s);

// --- for netpoll.c ---

// The poller tells that a signal has come to be pending. As vine__io_deliver.
struct g *vine__sigwait_deliver(struct g *list);
// Whether handlers have left something to do, and doing it.
bool vine__sigwait_is_due(void);
struct g *vine__sigwait_collect(struct g *list);
// The poller is gone: all who wait for signals look again.
void vine__sigwait_again(void);
void vine__sigwait_fork_child(void);

// --- for handlers ---

#define VINE_RAN_RESTARTS 1u // SA_RESTART
#define VINE_RAN_MAINS 2u    // main doesn't block it
#define VINE_RAN_WAITS 4u    // for signal waits, too
#define VINE_RAN_FREE 8u     // on a thread without a goroutine, and not main's
#define VINE_RAN_LET_IN 16u  // is about to, within such a try: for that call
// A handler of the program's ran, and the signal was the process's.
void vine__sigwait_ran(int sig, unsigned how);

#endif
