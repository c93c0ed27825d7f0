// SPDX-License-Identifier: MIT
// accept, accept4, connect.
//
// Neither has a form that doesn't wait. accept is called when poll says that it
// will find a connection; should another process take that one first, the call
// holds a thread until the next comes. Of this process's goroutines one at a
// time is between the two calls (`accepting` of the descriptor); the others go
// to wait, and look again when that one is done.
//
// connect to the Internet's addresses is made on a socket that doesn't wait
// meanwhile, and then waited for. That is the one place where O_NONBLOCK is
// set: for the time of the call, on a socket that has no peer yet, and only if
// it wasn't before. Other families connect at once, or hold a thread.

#include "net/calls/call.h"

#include <fcntl.h>

struct accept {
  int fd;
  struct sockaddr *addr;
  socklen_t *bytes;
  int flags;
};

static long accept_plain(const void *arg) {
  const struct accept *a = arg;
  return vine__os_accept4(a->fd, a->addr, a->bytes, a->flags);
}

// Values of `accepting`.
enum { FREE, TAKEN, WANTED };

// False: another goroutine has it, and will have us look again.
static bool take_turn(struct vine__desc *d) {
  uint8_t was = FREE;
  if (cas_acq_rel(&d->accepting, &was, TAKEN))
    return true;
  while (was == TAKEN)
    if (cas_acq_rel(&d->accepting, &was, WANTED))
      return false;
  return was == FREE && cas_acq_rel(&d->accepting, &was, TAKEN);
}

static void end_turn(struct vine__desc *d) {
  if (exchange_acq_rel(&d->accepting, FREE) == WANTED)
    __vine_io_change(d, VINE_IO_IN);
}

// Whether a call that finds no connection may wait for one. Else the kernel
// says at once what is wrong with it.
static bool may_wait(const struct accept *a, struct vine__io_at at) {
  if (a->flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
    return false;
  if (at.facts & VINE_DESC_LISTENS)
    return true;
  if (!vine__os_is_listening(a->fd))
    return false;
  vine__desc_learn(at.d, at.gen, VINE_DESC_LISTENS);
  return true;
}

static long try_accept(const void *arg, struct vine__io_at at) {
  const struct accept *a = arg;
  if (!take_turn(at.d))
    return -EAGAIN;
  long r = vine__io_is_ready(a->fd, POLLIN) || !may_wait(a, at)
               ? accept_plain(a)
               : -EAGAIN;
  end_turn(at.d);
  return r;
}

VINE_EXPORT int __vine_wait_accept4(int fd, struct sockaddr *addr,
                                    socklen_t *bytes, int flags) {
  struct accept a = {fd, addr, bytes, flags};
  long r = vine__io_take(fd, VINE_HOW_ACCEPT, 0, try_accept, accept_plain, &a);
  if (r >= 0)
    vine__desc_begin((int)r, VINE_DESC_SOCKET);
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_wait_accept(int fd, struct sockaddr *addr,
                                   socklen_t *bytes) {
  return __vine_wait_accept4(fd, addr, bytes, 0);
}

// --- connect ---

static bool may_toggle(int fd) {
  long flags = vine__os_file_flags(fd);
  return flags >= 0 && !(flags & O_NONBLOCK) && vine__os_is_inet(fd) &&
         vine__os_is_stream(fd) && !vine__os_is_connected(fd);
}

// Waits until the connection is there or has failed. The kernel then says
// which, and takes note that it was asked, when connect is called again. err:
// what it said so far.
static long wait_connected(int fd, struct vine__desc *d, uint32_t gen,
                           const struct sockaddr *addr, socklen_t bytes,
                           long err) {
  int64_t ns = vine__os_socket_timeout(fd, true);
  int64_t deadline = ns ? vine__deadline_after(ns) : VINE_NEVER;
  for (;;) {
    uint32_t seq = load_acquire(&d->seq[VINE_IO_OUT]);
    if (vine__io_is_ready(fd, POLLOUT))
      return vine__os_connect(fd, addr, bytes);
    struct vine__blocked b = vine__io_block(
        fd, d, gen, seq, VINE_HOW_OUT | VINE_HOW_CONNECT | VINE_HOW_SKIPPED,
        deadline);
    if (b.result == -EAGAIN)
      return err; // SO_SNDTIMEO
    if (b.result < 0)
      return b.result;
    if (b.result > 0) // can't be waited for here: holds a thread
      return vine__os_connect(fd, addr, bytes);
  }
}

VINE_EXPORT int __vine_wait_connect(int fd, const struct sockaddr *addr,
                                    socklen_t bytes) {
  struct vine__desc *d = vine__desc_get(fd);
  if (!d || !may_toggle(fd))
    return (int)vine__io_result(vine__os_connect(fd, addr, bytes));
  uint32_t gen = load_acquire(&d->gen);
  vine__os_set_nonblocking(fd, true);
  long r = vine__os_connect(fd, addr, bytes);
  vine__os_set_nonblocking(fd, false);
  // EALREADY: a call before was interrupted, or another goroutine's goes on.
  if (r == -EINPROGRESS || r == -EALREADY)
    r = wait_connected(fd, d, gen, addr, bytes, r);
  return (int)vine__io_result(r);
}
