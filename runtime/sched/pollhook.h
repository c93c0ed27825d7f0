// SPDX-License-Identifier: MIT
// The scheduler's side of waiting for what only the system knows: descriptors
// that become ready. The poller itself is a layer above (net/netpoll.c); it
// installs a hook here when a goroutine first waits so. pollhook.c tells who
// polls and when.
#ifndef VINE_POLLHOOK_H
#define VINE_POLLHOOK_H

#include "base/atomic.h"
#include "base/export.h"
#include "g.h"

struct vine__poll_hook {
  // Waits until a goroutine need wait no longer, for at most timeout_ns
  // (negative: no limit; 0: only looks). Returns those, linked by `next` and
  // still WAITING: the caller passes them to vine__sched_ready_list. Any
  // thread, no lock.
  struct g *(*poll)(int64_t timeout_ns);
  // Ends a poll that is under way, or the next one. Also in signal handlers.
  void (*wake)(void);
  // Called by sysmon now and then.
  void (*check)(void);
};

extern VINE_HIDDEN const struct vine__poll_hook *_Atomic vine__poll_hook;

// Goroutines that wait in the poller: while there are any, one may be woken.
extern VINE_HIDDEN _Atomic uint32_t vine__poll_waiters;

// Installs the hook, if it isn't yet, and sees to it that somebody polls.
void vine__poll_start(const struct vine__poll_hook *hook);

// Takes the hook out again: there is nothing to poll any more. A poll that is
// under way must end by itself, and so must those that begin meanwhile.
void vine__poll_stop(void);

// For a thread that has found nothing to run: what is ready now. Null also
// while another thread sleeps in the poller, which will see it.
struct g *vine__poll_now(void);

// Whether somebody has looked since sysmon's last round.
bool vine__poll_was_now(void);

// For sysmon: the same if nobody has looked for long.
struct g *vine__poll_late(int64_t now);

// For the thread that sleeps until something happens (timer.c): polls for
// timeout_ns, unless *word isn't `value` any more.
struct g *vine__poll_sleep(const struct vine__poll_hook *hook,
                           int64_t timeout_ns, _Atomic uint32_t *word,
                           uint32_t value);
// After *word was changed: ends that sleep. False: nobody sleeps so.
bool vine__poll_wake(void);

// In a forked child, which polls anew.
void vine__poll_fork_child(void);

#endif
