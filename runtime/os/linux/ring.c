// SPDX-License-Identifier: MIT
// The ring by io_uring.
//
// How it works. Two queues in memory that is shared with the kernel: we write
// the one's tail and the other's head. The kernel begins a read of a file where
// it stands in the page cache or waits for the disk without a thread, where the
// file system can do that, and by threads of its own elsewhere, a bounded
// number. A ring is woken by an eventfd: a read of that is always under way.
//
// The layout of the queues is the kernel's ABI (linux/io_uring.h,
// io_uring_setup(2)). Not by liburing: it is these few lines, and would be
// needed by each program.
//
// See also: os/ring.h, the contract.

#include "os/ring.h"
#include "base/atomic.h"
#include "os/linux/sys.h"
#include "os/os.h"

#include <linux/io_uring.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#endif

// Linux 5.7: one mapping for both queues, no lost completions, and reads of an
// eventfd that hold no thread.
#define NEEDED                                                                 \
  (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL)

#define WAKE_KEY UINT64_MAX

static void *map(int fd, size_t bytes, uint64_t at) {
  long p = sys(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_POPULATE, fd, (long)at);
  return p < 0 && p > -4096 ? NULL : (void *)p;
}

static void find_queues(struct vine__os_ring *r,
                        const struct io_uring_params *p) {
  char *base = r->rings;
  r->sub.head = (void *)(base + p->sq_off.head);
  r->sub.tail = (void *)(base + p->sq_off.tail);
  memcpy(&r->sub.mask, base + p->sq_off.ring_mask, sizeof r->sub.mask);
  r->com.head = (void *)(base + p->cq_off.head);
  r->com.tail = (void *)(base + p->cq_off.tail);
  memcpy(&r->com.mask, base + p->cq_off.ring_mask, sizeof r->com.mask);
  r->entries = base + p->cq_off.cqes;
  // Which slot is the n-th operation's: always the n-th.
  uint32_t *order = (void *)(base + p->sq_off.array);
  for (uint32_t i = 0; i < p->sq_entries; i++)
    order[i] = i;
}

static int map_queues(struct vine__os_ring *r,
                      const struct io_uring_params *p) {
  size_t sub = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
  size_t com = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
  r->ring_bytes = sub > com ? sub : com;
  r->slot_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
  r->rings = map(r->fd, r->ring_bytes, IORING_OFF_SQ_RING);
  r->slots = map(r->fd, r->slot_bytes, IORING_OFF_SQES);
  if (!r->rings || !r->slots)
    return -ENOMEM;
  find_queues(r, p);
  return 0;
}

int vine__os_ring_open(struct vine__os_ring *r, unsigned most) {
  struct io_uring_params p = {.flags = IORING_SETUP_CLAMP};
  *r = (struct vine__os_ring){.fd = -1, .wake = -1};
  // One more for the read that wakes.
  long fd = sys(SYS_io_uring_setup, most + 1, (long)&p, 0, 0, 0, 0);
  if (fd < 0)
    return (int)fd;
  r->fd = vine__linux_move_up((int)fd);
  int err = -ENOSYS;
  if ((p.features & NEEDED) == NEEDED && p.sq_entries > most)
    err = map_queues(r, &p);
  if (!err) {
    long wake = sys(SYS_eventfd2, 0, EFD_CLOEXEC, 0, 0, 0, 0);
    err = wake < 0 ? (int)wake : 0;
    r->wake = wake < 0 ? -1 : vine__linux_move_up((int)wake);
  }
  if (err)
    vine__os_ring_close(r);
  return err;
}

void vine__os_ring_close(struct vine__os_ring *r) {
  if (r->rings)
    sys(SYS_munmap, (long)r->rings, (long)r->ring_bytes, 0, 0, 0, 0);
  if (r->slots)
    sys(SYS_munmap, (long)r->slots, (long)r->slot_bytes, 0, 0, 0, 0);
  if (r->fd >= 0)
    sys(SYS_close, r->fd, 0, 0, 0, 0, 0);
  if (r->wake >= 0)
    sys(SYS_close, r->wake, 0, 0, 0, 0, 0);
  *r = (struct vine__os_ring){.fd = -1, .wake = -1};
}

static void add(struct vine__os_ring *r, const struct io_uring_sqe *op) {
  uint32_t tail = load_relaxed(r->sub.tail); // ours alone
  struct io_uring_sqe *slots = r->slots;
  slots[tail & r->sub.mask] = *op;
  store_release(r->sub.tail, tail + 1); // pairs with the kernel's load
  r->put++;
}

void vine__os_ring_put(struct vine__os_ring *r,
                       const struct vine__os_ring_op *op, uint64_t key) {
  struct io_uring_sqe s = {.fd = op->fd, .user_data = key};
  if (op->kind == VINE_OS_RING_READ) {
    s.opcode = IORING_OP_READV;
    s.addr = (uintptr_t)op->v;
    s.len = (uint32_t)op->count;
    s.off = op->offset;
    s.rw_flags = op->flags;
  } else {
    s.opcode = IORING_OP_FSYNC;
    s.fsync_flags =
        op->kind == VINE_OS_RING_DATASYNC ? IORING_FSYNC_DATASYNC : 0;
  }
  add(r, &s);
}

static void await_wake(struct vine__os_ring *r) {
  struct io_uring_sqe s = {.opcode = IORING_OP_READ,
                           .fd = r->wake,
                           .addr = (uintptr_t)&r->woken,
                           .len = sizeof r->woken,
                           .user_data = WAKE_KEY};
  add(r, &s);
  r->is_wake_under_way = true;
}

int vine__os_ring_look(struct vine__os_ring *r, struct vine__os_ring_done *done,
                       int max) {
  const struct io_uring_cqe *entries = r->entries;
  uint32_t head = load_relaxed(r->com.head); // ours alone
  uint32_t tail = load_acquire(r->com.tail); // pairs with the kernel's store
  int n = 0;
  for (; head != tail && n < max; head++) {
    const struct io_uring_cqe *e = &entries[head & r->com.mask];
    if (e->user_data == WAKE_KEY)
      r->is_wake_under_way = false;
    else
      done[n++] = (struct vine__os_ring_done){e->user_data, e->res};
  }
  store_release(r->com.head, head);
  return n;
}

int vine__os_ring_wait(struct vine__os_ring *r, struct vine__os_ring_done *done,
                       int max) {
  if (!r->is_wake_under_way)
    await_wake(r);
  long n =
      sys(SYS_io_uring_enter, r->fd, r->put, 1, IORING_ENTER_GETEVENTS, 0, 0);
  if (n == -EAGAIN || n == -EBUSY) // no memory
    vine__os_sleep(1000 * 1000);
  else if (n < 0 && n != -EINTR)
    return (int)n;
  r->put -= n > 0 ? (uint32_t)n : 0;
  return vine__os_ring_look(r, done, max);
}

int vine__os_ring_take_back(struct vine__os_ring *r, uint64_t *keys) {
  const struct io_uring_sqe *slots = r->slots;
  uint32_t tail = load_relaxed(r->sub.tail);
  int n = 0;
  for (uint32_t i = tail - r->put; i != tail; i++)
    if (slots[i & r->sub.mask].user_data != WAKE_KEY)
      keys[n++] = slots[i & r->sub.mask].user_data;
  r->put = 0;
  return n;
}

void vine__os_ring_wake(int wake) { vine__linux_add_event(wake); }
