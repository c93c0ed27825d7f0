// SPDX-License-Identifier: MIT
// The lock order of the runtime, as data. A thread may take a lock only if
// its rank is above that of every lock it holds; locks of one rank only by
// ascending address. Debug builds check it at every acquisition (lock.c).
//
// To add a lock: put its rank on a line of its own after everything that may
// be held when it is taken, and name its owner.
#ifndef VINE_LOCKRANK_H
#define VINE_LOCKRANK_H

// X(name) in ascending order: outermost first.
#define VINE_LOCK_RANKS(X)                                                     \
  X(INIT)        /* init.c: start and shutdown */                              \
  X(SYSMON)      /* sysmon.c */                                                \
  X(ALLP)        /* stop.c: the set of Ps */                                   \
  X(CTX)         /* context.c: one per context */                              \
  X(TIMEOBJ)     /* time.c: one per timer of the program */                    \
  X(CHAN)        /* chan.c: one per channel, by address */                     \
  X(SEMA)        /* parkinglot.c: one per bucket */                            \
  X(SIGWAIT)     /* sigwait.c: main's wait, signal waits */                    \
  X(DESC)        /* desc.c: one per descriptor, by address */                  \
  X(NETPOLL)     /* netpoll.c: opening the poller */                           \
  X(TIMER)       /* timer.c: one per P */                                      \
  X(SCHED)       /* global queue, idle Ms and Ps */                            \
  X(ALLG)        /* proc.c: list of all gs */                                  \
  X(FIBER)       /* fiber.c: the table of fibers */                            \
  X(STACK_LARGE) /* stackalloc.c: spare reservations */                        \
  X(STACK_FIXED) /* stackfixed.c: free fixed stacks */                         \
  X(STACK_FAULT) /* stackfault.c: quarantine of VINEDEBUG=fault=1 */           \
  X(CACHES)      /* alloc.c: list of caches */                                 \
  X(CENTRAL)     /* central.c: one per size class */                           \
  X(SCAVENGE)    /* pageheap.c: giving pages back */                           \
  X(HEAP)        /* pageheap.c */                                              \
  X(LEAF)        /* anything that calls nothing while held */

enum vine__lock_rank {
  VINE_RANK_NONE, // unranked: may be taken at any time (tests)
#define X(name) VINE_RANK_##name,
  VINE_LOCK_RANKS(X)
#undef X
      VINE_RANK_COUNT
};

#endif
