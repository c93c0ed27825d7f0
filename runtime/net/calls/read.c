// SPDX-License-Identifier: MIT
// read, readv, recv, recvfrom, recvmsg, and their fortified forms.

#include "net/calls/call.h"
#include "net/calls/chk.h"
#include "net/calls/disk.h"
#include "os/os.h"

#include <limits.h>

// Whether a read of it waits for more than a byte (SO_RCVLOWAT), which the
// kernel alone does. Asked for once the program has said so of any socket.
ALWAYS_INLINE bool has_mark(int fd) {
  return __builtin_expect(load_relaxed(&vine__desc_has_marks), 0) &&
         vine__os_low_water(fd) > 1;
}

// --- without waiting, by the kind of file ---

struct vec {
  int fd;
  const struct iovec *v;
  int count;
};

static long read_vec(const void *arg) {
  const struct vec *a = arg;
  return vine__os_readv(a->fd, a->v, a->count);
}

// A socket takes fewer vectors than a file and says so by other numbers; a
// negative count is an error of readv's.
static bool is_odd(const struct vec *a) {
  return a->count <= 0 || a->count > IOV_MAX;
}

// What try_now returns where the call itself is to be made: it won't wait.
#define MAKE_CALL LONG_MAX

// A file that isn't ready: -EAGAIN, or what is wrong with the call, which the
// kernel says before it waits.
static long refuse(const struct vec *a) {
  long r = vine__os_readv_now(a->fd, a->v, a->count);
  return r == -EOPNOTSUPP ? -EAGAIN : r;
}

static __attribute__((noinline)) long try_now(const struct vec *a,
                                              struct vine__io_at at) {
  uint32_t kind = vine__io_kind(a->fd, at);
  if (kind == VINE_DESC_SOCKET && !is_odd(a)) {
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)a->v,
                       .msg_iovlen = (size_t)a->count};
    long r = vine__os_recvmsg(a->fd, &m, MSG_DONTWAIT);
    if (r != -ENOTSOCK)
      return r;
    kind = vine__io_learn_kind(a->fd, at.d, at.gen);
  }
  if (kind == VINE_DESC_PIPE) {
    long r = vine__os_readv_now(a->fd, a->v, a->count);
    if (r != -EOPNOTSUPP)
      return r;
    vine__desc_learn(at.d, at.gen, kind = VINE_DESC_OTHER);
  }
  if (kind == VINE_DESC_OTHER && !is_odd(a) &&
      !vine__io_is_ready(a->fd, POLLIN))
    return refuse(a);
  if (kind == VINE_DESC_FILE && !is_odd(a))
    vine__disk_fetch_vec(a->fd, a->v, a->count);
  return kind == VINE_DESC_UNKNOWN ? -EBADF : MAKE_CALL;
}

static long try_readv(const void *arg, struct vine__io_at at) {
  const struct vec *a = arg;
  long r = try_now(a, at);
  return r == MAKE_CALL ? read_vec(a) : r;
}

VINE_EXPORT ssize_t __vine_wait_readv(int fd, const struct iovec *v,
                                      int count) {
  struct vec a = {fd, v, count};
  if (has_mark(fd))
    return vine__io_result(read_vec(&a));
  return vine__io_result(vine__io_take(fd, 0, 0, try_readv, read_vec, &a));
}

struct buf {
  int fd;
  void *buf;
  size_t n;
};

ALWAYS_INLINE long read_buf(const void *arg) {
  const struct buf *a = arg;
  return vine__os_read(a->fd, a->buf, a->n);
}

// A device may take a read and a readv for different things.
static __attribute__((noinline)) long try_file(int fd, void *buf, size_t n,
                                               struct vine__io_at at) {
  struct iovec v = {buf, n};
  struct vec a = {fd, &v, 1};
  long r = try_now(&a, at);
  return r == MAKE_CALL ? vine__os_read(fd, buf, n) : r;
}

ALWAYS_INLINE long try_read(const void *arg, struct vine__io_at at) {
  const struct buf *a = arg;
  if ((at.facts & VINE_DESC_KIND) == VINE_DESC_FILE) {
    vine__disk_fetch(a->fd, a->n);
    return read_buf(a);
  }
  if ((at.facts & VINE_DESC_KIND) == VINE_DESC_SOCKET) {
    long r = vine__os_recvfrom(a->fd, a->buf, a->n, MSG_DONTWAIT, NULL, NULL);
    if (r != -ENOTSOCK)
      return r;
  }
  return try_file(a->fd, a->buf, a->n, at);
}

VINE_EXPORT ssize_t __vine_wait_read(int fd, void *buf, size_t n) {
  struct buf a = {fd, buf, n};
  // 0 takes no datagram, and never waits.
  if (n == 0 || !vine__io_is_size(n) || has_mark(fd))
    return vine__io_result(read_buf(&a));
  return vine__io_result(vine__io_take(fd, 0, n, try_read, read_buf, &a));
}

VINE_EXPORT ssize_t __vine_wait_read_chk(int fd, void *buf, size_t n,
                                         size_t room) {
  vine__io_check(n, room);
  return __vine_wait_read(fd, buf, n);
}

// --- sockets ---

// Urgent data and queued errors are there or not: nobody waits for them, the
// kernel neither.
#define NEVER_WAITS (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)

// What of these flags is the plain call's, or needs a thread of its own: all
// the bytes, in pieces.
ALWAYS_INLINE bool is_plain(int flags) {
  return flags & (NEVER_WAITS | MSG_WAITALL);
}

struct from {
  int fd;
  void *buf;
  size_t n;
  int flags;
  struct sockaddr *addr;
  socklen_t *bytes;
};

ALWAYS_INLINE long recv_plain(const void *arg) {
  const struct from *a = arg;
  return vine__os_recvfrom(a->fd, a->buf, a->n, a->flags, a->addr, a->bytes);
}

ALWAYS_INLINE long try_recv(const void *arg, struct vine__io_at at) {
  const struct from *a = arg;
  (void)at;
  return vine__os_recvfrom(a->fd, a->buf, a->n, a->flags | MSG_DONTWAIT,
                           a->addr, a->bytes);
}

// An error, and nothing to read before it. A call that has a part of it ends
// with that part; the error is the next call's.
static bool is_broken(int fd) {
  struct pollfd p = {.fd = fd};
  struct timespec none = {0};
  return vine__os_ppoll(&p, 1, &none, NULL) > 0 && p.revents & POLLERR &&
         vine__os_bytes_ready(fd) <= 0;
}

// MSG_WAITALL: all of it, or what there was before an end, an error or a
// signal.
static long recv_pieces(struct from a, struct vine__desc *d, bool is_stream) {
  const uint32_t gen = load_acquire(&d->gen);
  struct vine__blocked b = {0};
  bool was_parked = false;
  long done = 0, r;
  for (;;) {
    struct vine__io_at at = vine__io_look(d, gen, 0);
    r = was_parked && done && is_broken(a.fd) ? 0 : try_recv(&a, at);
    was_parked = r == -EAGAIN;
    if (was_parked) {
      b = vine__io_block(a.fd, d, gen, at.seq, done ? VINE_HOW_PART : 0,
                         b.deadline_ns);
      if (b.result == 0)
        continue;
      r = b.result > 0 ? recv_plain(&a) : b.result;
    }
    done += r > 0 ? r : 0;
    if (r <= 0 || b.result > 0 || !is_stream || (size_t)r == a.n)
      return done ? done : r;
    a.buf = (char *)a.buf + r;
    a.n -= (size_t)r;
  }
}

// With MSG_PEEK the kernel alone can tell. To datagrams it means nothing.
static __attribute__((noinline)) long recv_all(struct from a) {
  struct vine__desc *d = vine__desc_get(a.fd);
  if (a.flags & (MSG_PEEK | MSG_TRUNC) || a.addr || a.n == 0 || !d)
    return recv_plain(&a);
  long r = recv_pieces(a, d, vine__os_is_stream(a.fd));
  if (load_relaxed(&d->first))
    __vine_io_pass(d, VINE_IO_IN);
  return r;
}

VINE_EXPORT ssize_t __vine_wait_recvfrom(int fd, void *buf, size_t n, int flags,
                                         struct sockaddr *addr,
                                         socklen_t *bytes) {
  struct from a = {fd, buf, n, flags, addr, bytes};
  if (flags & NEVER_WAITS || has_mark(fd))
    return vine__io_result(recv_plain(&a));
  if (flags & MSG_WAITALL)
    return vine__io_result(recv_all(a));
  size_t want = flags & (MSG_PEEK | MSG_TRUNC) ? 0 : n;
  return vine__io_result(vine__io_take(fd, 0, want, try_recv, recv_plain, &a));
}

VINE_EXPORT ssize_t __vine_wait_recv(int fd, void *buf, size_t n, int flags) {
  return __vine_wait_recvfrom(fd, buf, n, flags, NULL, NULL);
}

VINE_EXPORT ssize_t __vine_wait_recv_chk(int fd, void *buf, size_t n,
                                         size_t room, int flags) {
  vine__io_check(n, room);
  return __vine_wait_recv(fd, buf, n, flags);
}

VINE_EXPORT ssize_t __vine_wait_recvfrom_chk(int fd, void *buf, size_t n,
                                             size_t room, int flags,
                                             struct sockaddr *addr,
                                             socklen_t *bytes) {
  vine__io_check(n, room);
  return __vine_wait_recvfrom(fd, buf, n, flags, addr, bytes);
}

struct msg {
  int fd;
  struct msghdr *m;
  int flags;
};

ALWAYS_INLINE long recvmsg_plain(const void *arg) {
  const struct msg *a = arg;
  return vine__os_recvmsg(a->fd, a->m, a->flags);
}

// A try that would block leaves the header as it was.
ALWAYS_INLINE long try_recvmsg(const void *arg, struct vine__io_at at) {
  const struct msg *a = arg;
  (void)at;
  return vine__os_recvmsg(a->fd, a->m, a->flags | MSG_DONTWAIT);
}

// The numbers that came with a message are new ones. The message may be cut.
static void note_rights(const struct msghdr *m) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c;
       c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    const int *fd = (const int *)(const void *)CMSG_DATA(c);
    size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fd;
    for (size_t i = 0; i < n; i++)
      vine__desc_end(fd[i]);
  }
}

VINE_EXPORT ssize_t __vine_wait_recvmsg(int fd, struct msghdr *m, int flags) {
  struct msg a = {fd, m, flags};
  long r = is_plain(flags) || has_mark(fd)
               ? recvmsg_plain(&a)
               : vine__io_take(fd, 0, 0, try_recvmsg, recvmsg_plain, &a);
  if (r >= 0 && m->msg_controllen)
    note_rights(m);
  return vine__io_result(r);
}

// --- many messages ---

struct many {
  int fd;
  struct mmsghdr *m;
  unsigned count;
  int flags;
  const int64_t *deadline_ns; // null: none
  bool has_some;              // of the call's messages already
};

static int64_t left_of(int64_t deadline_ns) {
  int64_t ns = deadline_ns - vine__os_nanotime();
  return ns > 0 ? ns : 0;
}

// The time is looked at when a message has come, and only then, as the kernel
// does.
static long recvmmsg_by(const struct many *a, int flags) {
  int64_t ns = a->deadline_ns ? left_of(*a->deadline_ns) : 0;
  struct timespec left = {ns / 1000000000, ns % 1000000000};
  return vine__os_recvmmsg(a->fd, a->m, a->count, flags,
                           a->deadline_ns ? &left : NULL);
}

static long recvmmsg_plain(const void *arg) {
  const struct many *a = arg;
  return recvmmsg_by(a, a->flags);
}

// What an error ends, it ends without one: that is the next call's.
static bool has_error(int fd) {
  struct pollfd p = {.fd = fd};
  struct timespec none = {0};
  return vine__os_ppoll(&p, 1, &none, NULL) > 0 && p.revents & POLLERR;
}

static long try_recvmmsg(const void *arg, struct vine__io_at at) {
  const struct many *a = arg;
  (void)at;
  return a->has_some && has_error(a->fd)
             ? 0
             : recvmmsg_by(a, a->flags | MSG_DONTWAIT);
}

// All of them; flags say if the first ones are enough.
static long recv_many(struct many a) {
  struct mmsghdr *const first = a.m, *const end = a.m + a.count;
  long r;
  do {
    a.count = (unsigned)(end - a.m);
    r = vine__io_take(a.fd, 0, 0, try_recvmmsg, recvmmsg_plain, &a);
    for (long i = 0; i < r; i++, a.m++)
      if (a.m->msg_hdr.msg_controllen)
        note_rights(&a.m->msg_hdr);
    a.has_some = true;
  } while (r > 0 && a.m < end && !(a.flags & MSG_WAITFORONE) &&
           !(a.m[-1].msg_hdr.msg_flags & MSG_OOB) &&
           !(a.deadline_ns && *a.deadline_ns <= vine__os_nanotime()));
  return a.m > first ? a.m - first : r;
}

VINE_EXPORT int __vine_wait_recvmmsg(int fd, struct mmsghdr *m, unsigned count,
                                     int flags, struct timespec *limit) {
  int64_t deadline_ns;
  if (count > IOV_MAX) // as the kernel
    count = IOV_MAX;
  if (is_plain(flags) || count == 0 || !vine__io_deadline(limit, &deadline_ns))
    return (int)vine__io_result(vine__os_recvmmsg(fd, m, count, flags, limit));
  long r = recv_many(
      (struct many){fd, m, count, flags, limit ? &deadline_ns : NULL, false});
  if (limit && r > 0 && vine__io_put_time(limit, left_of(deadline_ns)) != 0)
    r = -EFAULT;
  return (int)vine__io_result(r);
}
