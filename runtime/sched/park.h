// SPDX-License-Identifier: MIT
// Park and ready: the two verbs that all blocking is made of.
#ifndef VINE_PARK_H
#define VINE_PARK_H

#include "g.h"

// Why a goroutine waits: the words of tracebacks name the call.
enum vine__wait_reason {
  VINE_WAIT_NONE,
  VINE_WAIT_PARK,
  VINE_WAIT_GROUP,
  VINE_WAIT_CHAN_SEND,
  VINE_WAIT_CHAN_RECV,
  VINE_WAIT_CHAN_NIL_SEND,
  VINE_WAIT_CHAN_NIL_RECV,
  VINE_WAIT_SELECT,
  VINE_WAIT_SELECT_EMPTY,
  VINE_WAIT_SEMA,
  VINE_WAIT_MUTEX,
  VINE_WAIT_RWMUTEX_READ,
  VINE_WAIT_RWMUTEX_WRITE,
  VINE_WAIT_COND,
  VINE_WAIT_SLEEP,
  VINE_WAIT_READ,
  VINE_WAIT_WRITE,
  VINE_WAIT_ACCEPT,
  VINE_WAIT_CONNECT,
  VINE_WAIT_POLL,
  VINE_WAIT_CHILD,
  VINE_WAIT_NAP, // a sleep that a signal may end
  VINE_WAIT_SIGNAL,
  VINE_WAIT_DISK,
  VINE_WAIT_STOP,
  VINE_WAIT_COUNT,
};
extern const char *const vine__wait_reasons[VINE_WAIT_COUNT];

// Parks the running goroutine: it becomes WAITING, then unlock(g, arg) is
// called (may be null), then this thread runs others. If unlock returns false
// the goroutine goes on at once. On the system stack, from the implementation
// of an entry stub, whose result is what vine__ready passes. Between WAITING
// and unlock nobody else may know g, so the caller holds a lock that every
// waker takes, and unlock releases it.
_Noreturn void vine__park(struct g *g, enum vine__wait_reason why,
                          bool (*unlock)(struct g *, void *), void *arg);

// An unlock function for vine__park: arg is a struct vine__lock.
bool vine__park_unlock(struct g *g, void *lock);

// Makes a parked goroutine runnable; its stub returns ret. The caller is the
// one that took g off what it waited in. Any thread, on a system stack.
void vine__ready(struct g *g, uint64_t ret);

#endif
