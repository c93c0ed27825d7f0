// SPDX-License-Identifier: MIT
// write, writev, send, sendto, sendmsg.
//
// A blocking call writes all of it: the loop goes on with what is left, as the
// kernel would, and returns what has been written when it can't.

#include "net/calls/call.h"

#include <limits.h>

typedef long give_try(const void *arg, size_t done, struct vine__io_at at);
typedef long give_plain(const void *arg, size_t done);
typedef size_t give_size(const void *arg);

// A call that has sent a part of it ends with that part when the socket breaks.
// The error is the next call's, and so is its SIGPIPE: another try would take
// it, so this is asked before each that comes after a part.
ALWAYS_INLINE bool is_broken(int fd, struct vine__io_at at) {
  uint32_t kind = at.facts & VINE_DESC_KIND;
  return (kind == VINE_DESC_SOCKET || kind == VINE_DESC_UNKNOWN) &&
         vine__io_is_ready(fd, 0);
}

ALWAYS_INLINE size_t most(size_t n) {
  return n < VINE_IO_MOST ? n : VINE_IO_MOST;
}

ALWAYS_INLINE int flags_after(size_t done) {
  return MSG_DONTWAIT | (done ? MSG_NOSIGNAL : 0);
}

// Goes on after `done` bytes. `try` writes from byte `done` on; `size` tells
// how many there are in all. It is asked once the kernel has taken some, and so
// has found all addresses good.
ALWAYS_INLINE long give_from(size_t done, int fd, give_size *size,
                             give_try *try, give_plain *plain,
                             const void *arg) {
  struct vine__desc *d = vine__desc_get(fd);
  if (!d)
    return plain(arg, done);
  uint32_t gen = load_acquire(&d->gen);
  struct vine__blocked b = {0};
  for (;;) {
    struct vine__io_at at = vine__io_look(d, gen, VINE_HOW_OUT);
    long r = try(arg, done, at);
    if (r > 0 && (done += (size_t)r) < size(arg) && !is_broken(fd, at))
      continue;
    if (r == -EAGAIN) {
      b = vine__io_block(fd, d, gen, at.seq,
                         VINE_HOW_OUT | (done ? VINE_HOW_PART : 0),
                         b.deadline_ns);
      if (b.result == 0 && !(done && is_broken(fd, at)))
        continue;
      r = b.result > 0 ? plain(arg, done) : b.result;
      if (r > 0)
        done += (size_t)r;
    }
    if (load_relaxed(&d->first))
      __vine_io_pass(d, VINE_IO_OUT);
    return done || r >= 0 ? (long)done : r;
  }
}

ALWAYS_INLINE long give(int fd, give_size *size, give_try *try,
                        give_plain *plain, const void *arg) {
  return give_from(0, fd, size, try, plain, arg);
}

// --- files of any kind ---

struct buf {
  int fd;
  const char *buf;
  size_t n;
};

ALWAYS_INLINE long write_buf(const void *arg, size_t done) {
  const struct buf *a = arg;
  return vine__os_write(a->fd, a->buf + done, a->n - done);
}

// The kernel took some of it, so it doesn't overflow.
static size_t sum_of(const struct iovec *v, size_t count) {
  size_t sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += v[i].iov_len;
  return most(sum);
}

// A file that isn't ready for it: -EAGAIN, or what is wrong with the call,
// which the kernel says before it waits. An eventfd takes no less than 8.
static long refuse(int fd, const struct iovec *v, int count,
                   struct vine__io_at at) {
  long r = vine__os_writev_now(fd, v, count);
  if (r != -EOPNOTSUPP)
    return r;
  if (sum_of(v, (size_t)count) < sizeof(uint64_t) &&
      vine__io_is_no_tty(fd, at.d, at.gen))
    return vine__os_writev(fd, v, count);
  return -EAGAIN;
}

static __attribute__((noinline)) long
try_file(int fd, const char *buf, size_t n, int flags, struct vine__io_at at) {
  struct iovec v = {(void *)(uintptr_t)buf, n};
  uint32_t kind = vine__io_kind(fd, at);
  if (kind == VINE_DESC_SOCKET) {
    long r = vine__os_sendto(fd, buf, n, flags, NULL, 0);
    if (r != -ENOTSOCK)
      return r;
    kind = vine__io_learn_kind(fd, at.d, at.gen);
  }
  if (kind == VINE_DESC_PIPE) {
    long r = vine__os_writev_now(fd, &v, 1);
    if (r != -EOPNOTSUPP)
      return r;
    vine__desc_learn(at.d, at.gen, kind = VINE_DESC_OTHER);
  }
  if (kind == VINE_DESC_OTHER && !vine__io_is_ready(fd, POLLOUT))
    return refuse(fd, &v, 1, at);
  return kind == VINE_DESC_UNKNOWN ? -EBADF : vine__os_write(fd, buf, n);
}

ALWAYS_INLINE long try_write(const void *arg, size_t done,
                             struct vine__io_at at) {
  const struct buf *a = arg;
  if ((at.facts & VINE_DESC_KIND) == VINE_DESC_FILE)
    return write_buf(a, done);
  if ((at.facts & VINE_DESC_KIND) == VINE_DESC_SOCKET) {
    long r = vine__os_sendto(a->fd, a->buf + done, a->n - done,
                             flags_after(done), NULL, 0);
    if (r != -ENOTSOCK)
      return r;
  }
  return try_file(a->fd, a->buf + done, a->n - done, flags_after(done), at);
}

ALWAYS_INLINE size_t buf_size(const void *arg) {
  return most(((const struct buf *)arg)->n);
}

VINE_EXPORT ssize_t __vine_wait_write(int fd, const void *buf, size_t n) {
  struct buf a = {fd, buf, n};
  if (!vine__io_is_size(n))
    return vine__io_result(write_buf(&a, 0));
  return vine__io_result(give(fd, buf_size, try_write, write_buf, &a));
}

// --- sockets ---

struct to {
  int fd;
  const char *buf;
  size_t n;
  int flags;
  const struct sockaddr *addr;
  socklen_t bytes;
};

ALWAYS_INLINE long send_plain(const void *arg, size_t done) {
  const struct to *a = arg;
  return vine__os_sendto(a->fd, a->buf + done, a->n - done, a->flags, a->addr,
                         a->bytes);
}

ALWAYS_INLINE long try_send(const void *arg, size_t done,
                            struct vine__io_at at) {
  const struct to *a = arg;
  (void)at;
  return vine__os_sendto(a->fd, a->buf + done, a->n - done,
                         a->flags | flags_after(done), a->addr, a->bytes);
}

ALWAYS_INLINE size_t to_size(const void *arg) {
  return most(((const struct to *)arg)->n);
}

VINE_EXPORT ssize_t __vine_wait_sendto(int fd, const void *buf, size_t n,
                                       int flags, const struct sockaddr *addr,
                                       socklen_t bytes) {
  struct to a = {fd, buf, n, flags, addr, bytes};
  if (flags & MSG_DONTWAIT)
    return vine__io_result(send_plain(&a, 0));
  return vine__io_result(give(fd, to_size, try_send, send_plain, &a));
}

VINE_EXPORT ssize_t __vine_wait_send(int fd, const void *buf, size_t n,
                                     int flags) {
  return __vine_wait_sendto(fd, buf, n, flags, NULL, 0);
}

// --- vectors ---

// What is left of vectors after `done` bytes: at most PIECE of them at a time.
#define PIECE 16
struct rest {
  struct iovec v[PIECE];
  int count;
};

static void rest_of(struct rest *to, const struct iovec *v, size_t count,
                    size_t done) {
  to->count = 0;
  for (size_t i = 0; i < count && to->count < PIECE; i++) {
    size_t skip = done < v[i].iov_len ? done : v[i].iov_len;
    done -= skip;
    if (skip < v[i].iov_len)
      to->v[to->count++] =
          (struct iovec){(char *)v[i].iov_base + skip, v[i].iov_len - skip};
  }
}

// A write of `v` to a file of any kind. A first try is of all vectors, so that
// it is one message, or as atomic as the kernel makes it.
struct vec {
  int fd;
  const struct iovec *v;
  int count;
};

static long write_vec(const void *arg, size_t done) {
  const struct vec *a = arg;
  if (done == 0)
    return vine__os_writev(a->fd, a->v, a->count);
  struct rest r;
  long sum = 0, n;
  do {
    rest_of(&r, a->v, (size_t)a->count, done + (size_t)sum);
    n = r.count ? vine__os_writev(a->fd, r.v, r.count) : 0;
    sum += n > 0 ? n : 0;
  } while (n > 0);
  return sum ? sum : n;
}

static long try_vec_now(int fd, const struct iovec *v, int count, int flags,
                        struct vine__io_at at) {
  uint32_t kind = vine__io_kind(fd, at);
  if (kind == VINE_DESC_SOCKET) {
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)v,
                       .msg_iovlen = (size_t)count};
    long r = vine__os_sendmsg(fd, &m, flags);
    if (r != -ENOTSOCK)
      return r;
    kind = vine__io_learn_kind(fd, at.d, at.gen);
  }
  if (kind == VINE_DESC_PIPE) {
    long r = vine__os_writev_now(fd, v, count);
    if (r != -EOPNOTSUPP)
      return r;
    vine__desc_learn(at.d, at.gen, kind = VINE_DESC_OTHER);
  }
  if (kind == VINE_DESC_OTHER && !vine__io_is_ready(fd, POLLOUT))
    return refuse(fd, v, count, at);
  return kind == VINE_DESC_UNKNOWN ? -EBADF : vine__os_writev(fd, v, count);
}

static long try_writev(const void *arg, size_t done, struct vine__io_at at) {
  const struct vec *a = arg;
  if (done == 0)
    return try_vec_now(a->fd, a->v, a->count, flags_after(0), at);
  struct rest r;
  rest_of(&r, a->v, (size_t)a->count, done);
  return try_vec_now(a->fd, r.v, r.count, flags_after(done), at);
}

static size_t vec_size(const void *arg) {
  const struct vec *a = arg;
  return sum_of(a->v, (size_t)a->count);
}

VINE_EXPORT ssize_t __vine_wait_writev(int fd, const struct iovec *v,
                                       int count) {
  struct vec a = {fd, v, count};
  if (count <= 0 || count > IOV_MAX) // an error, or nothing to do
    return vine__io_result(vine__os_writev(fd, v, count));
  return vine__io_result(give(fd, vec_size, try_writev, write_vec, &a));
}

struct msg {
  int fd;
  const struct msghdr *m;
  int flags;
};

static long sendmsg_from(const struct msg *a, size_t done, int flags) {
  if (done == 0)
    return vine__os_sendmsg(a->fd, a->m, a->flags | flags);
  struct rest r;
  rest_of(&r, a->m->msg_iov, a->m->msg_iovlen, done);
  struct msghdr m = *a->m;
  m.msg_iov = r.v;
  m.msg_iovlen = (size_t)r.count;
  m.msg_control = NULL; // went with the first bytes
  m.msg_controllen = 0;
  return vine__os_sendmsg(a->fd, &m, a->flags | flags);
}

static long sendmsg_plain(const void *arg, size_t done) {
  return sendmsg_from(arg, done, 0);
}

static long try_sendmsg(const void *arg, size_t done, struct vine__io_at at) {
  (void)at;
  return sendmsg_from(arg, done, flags_after(done));
}

static size_t msg_size(const void *arg) {
  const struct msghdr *m = ((const struct msg *)arg)->m;
  return sum_of(m->msg_iov, m->msg_iovlen);
}

VINE_EXPORT ssize_t __vine_wait_sendmsg(int fd, const struct msghdr *m,
                                        int flags) {
  struct msg a = {fd, m, flags};
  if (flags & MSG_DONTWAIT)
    return vine__io_result(sendmsg_plain(&a, 0));
  return vine__io_result(give(fd, msg_size, try_sendmsg, sendmsg_plain, &a));
}

// --- many messages ---

struct many {
  int fd;
  struct mmsghdr *m;
  unsigned count;
  int flags;
};

static long sendmmsg_plain(const void *arg) {
  const struct many *a = arg;
  return vine__os_sendmmsg(a->fd, a->m, a->count, a->flags);
}

static long try_sendmmsg(const void *arg, struct vine__io_at at) {
  const struct many *a = arg;
  (void)at;
  return vine__os_sendmmsg(a->fd, a->m, a->count, a->flags | MSG_DONTWAIT);
}

// The kernel took a part of a stream's message and went no further. False if
// the rest can't be sent.
static bool send_rest(int fd, struct mmsghdr *m, int flags) {
  struct msg a = {fd, &m->msg_hdr, flags};
  size_t size = msg_size(&a);
  if (m->msg_len < size)
    m->msg_len = (unsigned)give_from(m->msg_len, fd, msg_size, try_sendmsg,
                                     sendmsg_plain, &a);
  return m->msg_len == size;
}

VINE_EXPORT int __vine_wait_sendmmsg(int fd, struct mmsghdr *m, unsigned count,
                                     int flags) {
  unsigned done = 0;
  long r;
  if (count > IOV_MAX) // as the kernel
    count = IOV_MAX;
  do {
    struct many a = {fd, m + done, count - done, flags};
    if (flags & MSG_DONTWAIT || count == 0)
      return (int)vine__io_result(sendmmsg_plain(&a));
    r = vine__io_take(fd, VINE_HOW_OUT, 0, try_sendmmsg, sendmmsg_plain, &a);
    done += r > 0 ? (unsigned)r : 0;
  } while (r > 0 && send_rest(fd, &m[done - 1], flags) && done < count);
  return (int)vine__io_result(done ? (long)done : r);
}
