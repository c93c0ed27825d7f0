// SPDX-License-Identifier: MIT
// poll, ppoll.
//
// The kernel answers: first at once, and if nothing is ready again when
// something happened to one of the descriptors. With a signal mask each time is
// that one's, which lets signals in (net/sigwait.c).
//
// A call for few descriptors, as most are, has its records in its frame, and
// makes them before it asks: one system call before it parks. One for many asks
// first, takes room for as many records, and asks again.

#include "net/calls/call.h"
#include "net/calls/chk.h"

static const struct timespec at_once;

struct call {
  struct pollfd *fds;
  nfds_t n;
  const struct timespec *limit;
  int64_t deadline_ns;
  struct vine__io_signals *s; // of a call with a mask, or null
};

static long ask(const struct call *c, const struct timespec *limit) {
  return c->s ? vine__sigwait_ppoll(c->fds, c->n, limit, c->s->mask)
              : vine__os_ppoll(c->fds, c->n, limit, NULL);
}

static uint32_t prepare_all(struct vine__io_node *nodes, const struct call *c) {
  uint32_t count = 0;
  for (nfds_t i = 0; i < c->n; i++)
    if (c->fds[i].fd >= 0)
      vine__io_prepare(&nodes[count++], c->fds[i].fd,
                       (uint16_t)c->fds[i].events);
  return count;
}

// nodes: n of them.
static long poll_parked(struct vine__io_node *nodes, const struct call *c) {
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(c->s);
    uint32_t count = prepare_all(nodes, c);
    long r = ask(c, &at_once);
    if (r != 0 || state == VINE_IO_TIMEOUT)
      return r;
    state =
        vine__io_wait_with(c->s, nodes, count, c->deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return ask(c, c->limit);
  }
}

static __attribute__((noinline)) long poll_few(const struct call *c) {
  struct vine__io_node nodes[VINE_IO_FEW];
  if (!vine__io_can_read(c->fds, c->n * sizeof *c->fds))
    return ask(c, c->limit); // EFAULT
  return poll_parked(nodes, c);
}

static __attribute__((noinline)) long poll_in_room(const struct call *c) {
  struct vine__io_node nodes[c->n];
  return poll_parked(nodes, c);
}

static __attribute__((noinline)) long poll_many(const struct call *c) {
  struct vine__side_room room;
  long r = ask(c, &at_once); // EINVAL, if they are more than may be
  if (r != 0)
    return r;
  if (!__vine_side_open(&room, vine__io_room_for(c->n)))
    return ask(c, c->limit);
  r = poll_in_room(c);
  __vine_side_close(&room);
  return r;
}

static long poll_until(struct call *c) {
  if (!vine__io_deadline(c->limit, &c->deadline_ns) ||
      vine__io_is_zero(c->limit))
    return ask(c, c->limit);
  return c->n <= VINE_IO_FEW ? poll_few(c) : poll_many(c);
}

VINE_EXPORT int __vine_wait_poll(struct pollfd *fds, nfds_t n, int ms) {
  struct timespec limit = {ms / 1000, ms % 1000 * 1000000l};
  struct call c = {fds, n, ms < 0 ? NULL : &limit, 0, NULL};
  return (int)vine__io_result(ms == 0 ? ask(&c, &at_once) : poll_until(&c));
}

VINE_EXPORT int __vine_wait_ppoll(struct pollfd *fds, nfds_t n,
                                  const struct timespec *limit,
                                  const sigset_t *mask) {
  struct vine__io_signals s;
  struct call c = {fds, n, limit, 0, mask ? &s : NULL};
  if (!vine__io_can_read(limit, sizeof *limit))
    return (int)vine__io_result(-EFAULT);
  if (!mask)
    return (int)vine__io_result(poll_until(&c));
  if (!vine__io_signals_begin(&s, mask))
    return (int)vine__io_result(vine__os_ppoll(fds, n, limit, mask));
  long r = poll_until(&c);
  vine__io_signals_end(&s);
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_wait_poll_chk(struct pollfd *fds, nfds_t n, int ms,
                                     size_t room) {
  vine__io_check(n, room / sizeof *fds);
  return __vine_wait_poll(fds, n, ms);
}

VINE_EXPORT int __vine_wait_ppoll_chk(struct pollfd *fds, nfds_t n,
                                      const struct timespec *limit,
                                      const sigset_t *mask, size_t room) {
  vine__io_check(n, room / sizeof *fds);
  return __vine_wait_ppoll(fds, n, limit, mask);
}
