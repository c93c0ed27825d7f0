// SPDX-License-Identifier: MIT
// A channel inside, for chan.c, select.c and whoever owns one.
//
// How names tell what happens to a lock, here and elsewhere:
//
//   x_locked        the caller holds it, from before the call until after
//   x_unlock        the caller holds it, and x releases it
//   try_x_unlock    the same when it returns true; else the caller still holds
//                   it, and nothing has happened
//   x_adopt         a fast path took it without a record of that
//                   (vine__lock_adopt); x releases it
//
// What waits releases the lock that it is given, like a condition variable.
#ifndef VINE_RUNTIME_CHAN_H
#define VINE_RUNTIME_CHAN_H

#include "mem/reserve.h"
#include "sync/waitq.h"

#include <vine/chan.h>

// In the record of something that has a channel of its own, such as a timer:
// what vine_chan_free of that channel does instead. It may be fatal.
struct vine__chan_owner {
  void (*on_free)(struct vine__chan_owner *o);
};

// In the first line all that a sender needs, in the second what a receiver does
// beside it. Without a buffer that is all: 128 bytes.
struct vine_chan {
  union {
    struct vine__lock lock;
    struct vine__reserved_lock reserved;
  };
  _Atomic size_t count;    // elements buffered; written under the lock
  _Atomic uint32_t closed; // written under the lock
  uint32_t type;           // VINE__TYPE of small elements; 0: freed (CHAN5)
  size_t cap;
  size_t sendx; // slots, below cap
  size_t elem_bytes;
  size_t recvx;
  struct vine__waitq recvq, sendq;
  struct vine__chan_owner *owner; // null: the program
  bool is_word;                   // at most 8 bytes each, in 8-byte slots
  uint64_t buf[];
};

// The element of the running side: small ones in `word`, large ones at `ptr`.
struct vine__op {
  void *ptr; // null: a receiver that drops it
  uint64_t word;
  bool ok; // out, receive: false if closed and drained
};

// Fatal if c was freed, as far as that can be seen (CHAN5). `what` is done to
// it: "send on", say.
void vine__chan_check(const struct vine_chan *c, const char *what);

// The lock of one channel, while the caller has none: by a section if it is
// reserved for this thread (reserve.h). Several are taken as any (select.c):
// who is in a section waits for no other channel.
void vine__chan_lock(struct vine_chan *c);
// However it was taken.
void vine__chan_unlock(struct vine_chan *c);

// For both c is locked.
bool vine__chan_try_send_unlock(struct vine_chan *c, struct vine__op *op);
bool vine__chan_try_recv_unlock(struct vine_chan *c, struct vine__op *op);

// Whether the operation would block; a hint without the lock.
bool vine__chan_is_full(struct vine_chan *c);
bool vine__chan_is_empty(struct vine_chan *c);

// The implementations that others call too. They don't block.
struct vine_chan *vine__chan_new_sys(size_t elem_bytes, int cls, size_t cap);
void vine__chan_free_sys(struct vine_chan *c);
void vine__chan_close_sys(struct vine_chan *c);
int vine__chan_try_send_sys(struct vine_chan *c, const void *p, size_t n);
int vine__chan_try_recv_sys(struct vine_chan *c, void *p, size_t n);

#endif
