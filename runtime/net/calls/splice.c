// SPDX-License-Identifier: MIT
// sendfile, splice, tee, vmsplice.
//
// SPLICE_F_NONBLOCK is for pipes: a socket at the other end waits all the same,
// and sendfile has no such form. So a call is made when poll says that both
// ends are ready, and to a socket for no more than it has room for. Where that
// was wrong, since another took the data or the room first, it holds a thread.
// Nobody is asked to wait for what can't be: those calls fail at once.
//
// splice, tee and vmsplice may move less than they are asked for, and do.
// sendfile to a socket goes on until all is sent.

#include "net/calls/call.h"

#include <fcntl.h>
#include <sys/sendfile.h>

// The most that the kernel moves at once.
#define MOST 0x7ffff000ul
// The least that a socket with room is given, so that it gets on.
#define LEAST 4096ul

// One end of a call, at the generation that the call began with.
struct end {
  int fd;
  uint32_t how;
  struct vine__desc *d;
  uint32_t gen, kind;
  bool is_at; // has a position: only files do
  int64_t deadline_ns;
};

static struct end end_of(int fd, uint32_t how, const off_t *at) {
  struct end e = {.fd = fd, .how = how, .is_at = at != NULL};
  e.d = vine__desc_get(fd);
  e.kind = VINE_DESC_FILE;
  if (e.d) {
    e.gen = load_acquire(&e.d->gen);
    e.kind = vine__io_kind(fd, vine__io_look(e.d, e.gen, how));
    if (e.kind == VINE_DESC_UNKNOWN)
      e.kind = VINE_DESC_FILE; // the call fails
  }
  return e;
}

static short events_of(const struct end *e) {
  return e->how & VINE_HOW_OUT ? POLLOUT : POLLIN;
}

// Whether a call is known to wait for it, and not to fail. What a socket of
// datagrams does depends on the kernel.
static bool may_wait(const struct end *e) {
  long mode = vine__os_file_flags(e->fd);
  bool is_out = e->how & VINE_HOW_OUT;
  return !e->is_at && mode >= 0 &&
         (mode & O_ACCMODE) != (is_out ? O_RDONLY : O_WRONLY) &&
         (e->kind != VINE_DESC_SOCKET || is_out || vine__os_is_stream(e->fd));
}

// Parks until it is worth another look, if it isn't ready. One of these, or a
// negative errno value.
enum { LOOK_AGAIN, READY, UNKNOWN };
static long await_end(struct end *e) {
  if (e->kind == VINE_DESC_FILE)
    return READY;
  struct vine__io_at at = vine__io_look(e->d, e->gen, e->how);
  if (vine__io_is_ready(e->fd, events_of(e)))
    return READY;
  if (!may_wait(e))
    return UNKNOWN;
  struct vine__blocked b =
      vine__io_block(e->fd, e->d, e->gen, at.seq, e->how, e->deadline_ns);
  e->deadline_ns = b.deadline_ns;
  return b.result == 1 ? UNKNOWN : b.result;
}

// Parks until both are ready at once. READY, UNKNOWN, or a negative errno
// value.
static long await_both(struct end *in, struct end *out) {
  for (;;) {
    long r = await_end(in);
    if (r == READY)
      r = await_end(out);
    if (r != LOOK_AGAIN)
      return r;
  }
}

// Others may want what was left.
static void pass(const struct end *e) {
  if (e->d && load_relaxed(&e->d->first))
    __vine_io_pass(e->d, e->how & VINE_HOW_OUT);
}

// How much of n bytes to give to it at once.
static size_t piece_for(const struct end *out, size_t n) {
  if (n > MOST)
    n = MOST;
  if (out->kind != VINE_DESC_SOCKET)
    return n;
  // Half: what the kernel keeps beside the bytes counts, too.
  size_t room = vine__os_socket_room(out->fd) / 2;
  room = room < LEAST ? LEAST : room;
  return n < room ? n : room;
}

// --- sendfile ---

static long send_pieces(struct end *in, struct end *out, off_t *at, size_t n) {
  size_t done = 0;
  long r;
  if (out->kind != VINE_DESC_PIPE)
    in->kind = VINE_DESC_FILE; // or the call fails
  do {
    r = await_both(in, out);
    if (r < 0)
      break;
    size_t piece = r == READY ? piece_for(out, n - done) : n - done;
    r = vine__os_sendfile(out->fd, in->fd, at, piece);
    done += r > 0 ? (size_t)r : 0;
  } while (r > 0 && done < n && out->kind == VINE_DESC_SOCKET);
  pass(in);
  pass(out);
  return done ? (long)done : r;
}

VINE_EXPORT ssize_t __vine_wait_sendfile(int to, int from, off_t *at,
                                         size_t n) {
  struct end in = end_of(from, 0, NULL), out = end_of(to, VINE_HOW_OUT, NULL);
  if (n > MOST)
    n = MOST;
  if (n == 0 || out.kind == VINE_DESC_FILE)
    return vine__io_result(vine__os_sendfile(to, from, at, n));
  return vine__io_result(send_pieces(&in, &out, at, n));
}

// --- splice, tee ---

// tee has no positions.
struct move {
  bool is_tee;
  int from, to;
  off_t *from_at, *to_at;
  size_t n;
  unsigned flags;
};

static long make(const struct move *m, size_t n, unsigned flags) {
  flags |= m->flags;
  return m->is_tee
             ? vine__os_tee(m->from, m->to, n, flags)
             : vine__os_splice(m->from, m->from_at, m->to, m->to_at, n, flags);
}

// Whether SPLICE_F_NONBLOCK covers it.
static bool is_covered(const struct end *e) {
  return e->kind == VINE_DESC_PIPE || e->kind == VINE_DESC_FILE;
}

static long move_parked(const struct move *m, struct end *in, struct end *out) {
  long r = -EAGAIN;
  if (is_covered(in) && is_covered(out))
    r = make(m, m->n, SPLICE_F_NONBLOCK);
  if (r != -EAGAIN)
    return r;
  r = await_both(in, out);
  return r < 0 ? r : make(m, r == READY ? piece_for(out, m->n) : m->n, 0);
}

static long move(const struct move *m) {
  struct end in = end_of(m->from, 0, m->from_at);
  struct end out = end_of(m->to, VINE_HOW_OUT, m->to_at);
  bool is_piped = in.kind == VINE_DESC_PIPE || out.kind == VINE_DESC_PIPE;
  if (!is_piped || m->n == 0 || (m->flags & SPLICE_F_NONBLOCK))
    return make(m, m->n, 0);
  long r = move_parked(m, &in, &out);
  pass(&in);
  pass(&out);
  return r;
}

VINE_EXPORT ssize_t __vine_wait_splice(int from, off_t *from_at, int to,
                                       off_t *to_at, size_t n, unsigned flags) {
  struct move m = {false, from, to, from_at, to_at, n, flags};
  return vine__io_result(move(&m));
}

VINE_EXPORT ssize_t __vine_wait_tee(int from, int to, size_t n,
                                    unsigned flags) {
  struct move m = {true, from, to, NULL, NULL, n, flags};
  return vine__io_result(move(&m));
}

// --- vmsplice ---

// From a pipe's reading end it takes, to the other it gives.
VINE_EXPORT ssize_t __vine_wait_vmsplice(int fd, const struct iovec *v,
                                         size_t count, unsigned flags) {
  long mode = vine__os_file_flags(fd);
  bool gives = mode >= 0 && (mode & O_ACCMODE) != O_RDONLY;
  struct end e = end_of(fd, gives ? VINE_HOW_OUT : 0, NULL);
  long r;
  if (e.kind != VINE_DESC_PIPE || (flags & SPLICE_F_NONBLOCK))
    return vine__io_result(vine__os_vmsplice(fd, v, count, flags));
  r = vine__os_vmsplice(fd, v, count, flags | SPLICE_F_NONBLOCK);
  if (r == -EAGAIN) {
    while ((r = await_end(&e)) == LOOK_AGAIN)
      ;
    if (r >= 0)
      r = vine__os_vmsplice(fd, v, count, flags);
  }
  pass(&e);
  return vine__io_result(r);
}
