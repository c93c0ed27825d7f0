// SPDX-License-Identifier: MIT
// What the runtime asks of an operating system that can work on files by
// itself: take operations that would hold a thread, and tell when they are
// done. A port without such a thing lets vine__os_ring_open fail. net/disk.h is
// the one that uses it. The rules of os.h hold here as well.
//
// A ring belongs to the thread that opened it, but for vine__os_ring_wake. When
// that thread ends, so do its operations.
#ifndef VINE_OS_RING_H
#define VINE_OS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum vine__os_ring_kind {
  VINE_OS_RING_READ,     // preadv2
  VINE_OS_RING_SYNC,     // fsync
  VINE_OS_RING_DATASYNC, // fdatasync
};

// An operation. What `v` points to is the system's until it is done.
struct vine__os_ring_op {
  enum vine__os_ring_kind kind;
  int fd;
  const struct iovec *v;
  int count;
  int flags; // RWF_*
  uint64_t offset;
};

// One that is done: what the system call would have returned, or a negative
// errno value.
struct vine__os_ring_done {
  uint64_t key;
  long result;
};

struct vine__os_ring {
  int fd, wake; // descriptors with high numbers, as the poller's
  void *rings;  // both queues, as the system lays them out
  void *slots;  // the operations
  size_t ring_bytes, slot_bytes;
  struct {
    _Atomic uint32_t *head, *tail;
    uint32_t mask;
  } sub, com;     // submitted, completed
  void *entries;  // of com
  uint32_t put;   // not told to the system yet
  uint64_t woken; // where the system reads `wake`
  bool is_wake_under_way;
};

// Room for `most` operations at a time. 0 or a negative errno value: then
// nothing is open.
int vine__os_ring_open(struct vine__os_ring *r, unsigned most);

// Only when nothing is under way, or in a forked child, which has the parent's.
void vine__os_ring_close(struct vine__os_ring *r);

// Adds an operation. No more than `most` may be under way.
void vine__os_ring_put(struct vine__os_ring *r,
                       const struct vine__os_ring_op *op, uint64_t key);

// Has the system begin what was added, waits until an operation is done, or the
// ring is woken, and fills in what is done, at most `max`. A negative errno
// value: the ring is broken.
int vine__os_ring_wait(struct vine__os_ring *r, struct vine__os_ring_done *done,
                       int max);

// What is done, without asking the system.
int vine__os_ring_look(struct vine__os_ring *r, struct vine__os_ring_done *done,
                       int max);

// The operations that were added and that the system doesn't know of, once the
// ring is broken: as many keys, at most `most`.
int vine__os_ring_take_back(struct vine__os_ring *r, uint64_t *keys);

// Ends a wait, the next one if none is under way. `wake` is the ring's. Any
// thread.
void vine__os_ring_wake(int wake);

#endif
