// SPDX-License-Identifier: MIT
// pread, preadv, preadv2, fsync, fdatasync, and what comes before a read at a
// file's position, while the ring is on (net/disk.h). While it isn't they are
// the plain calls, as for what is no file.
//
// How it works. A read first asks for what is in memory (RWF_NOWAIT); most find
// it all there. If it isn't, the ring reads it, at that place in the file. A
// read at the file's position can't be the ring's, nor can it be tried: two of
// them would get the same bytes, or parts of each other's. The ring only brings
// the bytes into memory for it, and then the plain call is made. Whatever a try
// makes of a call that is wrong, or odd, the plain call has the last word.

#include "net/calls/disk.h"
#include "net/calls/call.h"
#include "net/calls/calls.h"
#include "net/calls/chk.h"
#include "net/disk.h"

#include <fcntl.h>

struct at {
  int fd;
  const struct iovec *v;
  int count;
  off_t at;
  int flags;
};

static long plain(const struct at *a) {
  return vine__os_preadv2(a->fd, a->v, a->count, a->at, a->flags);
}

// Whether `fd` is a file, and the ring is on.
static bool is_for_ring(int fd) {
  if (!load_relaxed(&vine__disk_is_on))
    return false;
  struct vine__desc *d = vine__desc_get(fd);
  if (!d)
    return false;
  struct vine__io_at at = vine__io_look(d, load_acquire(&d->gen), 0);
  return vine__io_kind(fd, at) == VINE_DESC_FILE;
}

static long by_ring(const struct at *a) {
  struct vine__disk_op op = {.op = {.kind = VINE_OS_RING_READ,
                                    .fd = a->fd,
                                    .v = a->v,
                                    .count = a->count,
                                    .flags = a->flags,
                                    .offset = (uint64_t)a->at}};
  __vine_disk_wait(&op);
  return op.result;
}

// --- at a place ---

// Reads the byte there, if it is in memory: 0 at the end of the file and behind
// it, -EAGAIN if it isn't.
static long look_at(int fd, off_t at) {
  char c;
  struct iovec v = {&c, 1};
  return vine__os_preadv2(fd, &v, 1, at, RWF_NOWAIT);
}

// A read has returned r: whether that was all there is to get. The vectors are
// ones that the kernel has read.
static bool is_all(const struct at *a, long r) {
  size_t all = 0;
  for (int i = 0; i < a->count; i++)
    all += a->v[i].iov_len;
  return r == 0 || (size_t)r >= all || (size_t)r == VINE_IO_MOST ||
         look_at(a->fd, a->at + r) == 0;
}

static long read_at(const struct at *a) {
  if (a->at < 0 || !is_for_ring(a->fd))
    return plain(a);
  struct at now = *a;
  now.flags |= RWF_NOWAIT;
  long r = plain(&now);
  if (r >= 0 && is_all(a, r))
    return r;
  if (r >= 0 || r == -EAGAIN)
    r = by_ring(a);
  else
    return plain(a);
  return r >= 0 && is_all(a, r) ? r : plain(a);
}

VINE_EXPORT ssize_t __vine_wait_pread(int fd, void *buf, size_t n, off_t at) {
  struct iovec v = {buf, n};
  struct at a = {fd, &v, 1, at, 0};
  if (!load_relaxed(&vine__disk_is_on) || !vine__io_is_size(n) || at < 0)
    return vine__io_result(vine__os_pread(fd, buf, n, at));
  return vine__io_result(read_at(&a));
}

VINE_EXPORT ssize_t __vine_wait_pread_chk(int fd, void *buf, size_t n, off_t at,
                                          size_t room) {
  vine__io_check(n, room);
  return __vine_wait_pread(fd, buf, n, at);
}

VINE_EXPORT ssize_t __vine_wait_preadv(int fd, const struct iovec *v, int count,
                                       off_t at) {
  struct at a = {fd, v, count, at, 0};
  if (!load_relaxed(&vine__disk_is_on) || at < 0) // -1 isn't preadv2's
    return vine__io_result(vine__os_preadv(fd, v, count, at));
  return vine__io_result(read_at(&a));
}

VINE_EXPORT ssize_t __vine_wait_preadv2(int fd, const struct iovec *v,
                                        int count, off_t at, int flags) {
  struct at a = {fd, v, count, at, flags};
  if (at == -1 && flags == 0)
    return __vine_wait_readv(fd, v, count);
  return vine__io_result(read_at(&a));
}

// --- at the file's position ---

// Where what is only to come into memory is read to: any number at a time,
// since nobody looks at it.
#define ROOM 65536
#define ROOMS 16
static char room[ROOM];

static bool is_missing(int fd, off_t at) { return look_at(fd, at) == -EAGAIN; }

// The first byte and the last: what is between them comes with the first.
static __attribute__((noinline)) void fetch(int fd, size_t n) {
  off_t at = vine__os_position(fd);
  if (at < 0 || n == 0 || n > VINE_IO_MOST)
    return;
  if (!is_missing(fd, at) && !is_missing(fd, at + (off_t)n - 1))
    return;
  struct iovec v[ROOMS];
  struct at a = {fd, v, 0, at, 0};
  for (; n > 0 && a.count < ROOMS; n -= v[a.count++].iov_len)
    v[a.count] = (struct iovec){room, n < ROOM ? n : ROOM};
  by_ring(&a);
}

void vine__disk_fetch(int fd, size_t n) {
  if (load_relaxed(&vine__disk_is_on))
    fetch(fd, n);
}

void vine__disk_fetch_vec(int fd, const struct iovec *v, int count) {
  size_t n = 0;
  if (!load_relaxed(&vine__disk_is_on) ||
      !vine__io_can_read(v, (size_t)count * sizeof *v))
    return;
  for (int i = 0; i < count; i++)
    n += v[i].iov_len;
  fetch(fd, n);
}

// --- fsync ---

// An error of the disk's is told to one call only: that the ring had it, is
// the answer.
static long sync_file(int fd, enum vine__os_ring_kind kind) {
  struct vine__disk_op op = {.op = {.kind = kind, .fd = fd}};
  op.result = VINE_DISK_PLAIN;
  if (is_for_ring(fd))
    __vine_disk_wait(&op);
  if (op.result != VINE_DISK_PLAIN && op.result != -ECANCELED)
    return op.result;
  return vine__os_fsync(fd, kind == VINE_OS_RING_DATASYNC);
}

VINE_EXPORT int __vine_wait_fsync(int fd) {
  return (int)vine__io_result(sync_file(fd, VINE_OS_RING_SYNC));
}

VINE_EXPORT int __vine_wait_fdatasync(int fd) {
  return (int)vine__io_result(sync_file(fd, VINE_OS_RING_DATASYNC));
}
