// SPDX-License-Identifier: MIT
// poll, ppoll, select, pselect.
//
// The kernel answers: first at once, and if nothing is ready again when
// something happened to one of the descriptors. With a signal mask each time is
// that one's, which lets signals in (net/sigwait.c). A call for many
// descriptors is the plain call, which holds a thread: an event loop's one
// thread.

#include "net/calls/call.h"
#include "net/calls/chk.h"
#include "os/os.h"

#include <string.h>

// Descriptors of a call that parks: its records are on the side stack.
#define MANY 32

#define PLAIN (1ll << 32) // no result of poll's: make the plain call

static const struct timespec at_once;

static bool is_zero(const struct timespec *limit) {
  return limit && limit->tv_sec == 0 && limit->tv_nsec == 0;
}

// --- poll ---

static uint32_t prepare_all(struct vine__io_node *nodes, struct pollfd *fds,
                            nfds_t n) {
  uint32_t count = 0;
  for (nfds_t i = 0; i < n; i++)
    if (fds[i].fd >= 0)
      vine__io_prepare(&nodes[count++], fds[i].fd, (uint16_t)fds[i].events);
  return count;
}

// s, here and below: of a call with a mask, or null.
static long ask(struct pollfd *fds, nfds_t n, const struct timespec *limit,
                const struct vine__io_signals *s) {
  return s ? vine__sigwait_ppoll(fds, n, limit, s->mask)
           : vine__os_ppoll(fds, n, limit, NULL);
}

static long poll_parked(struct pollfd *fds, nfds_t n, int64_t deadline_ns,
                        struct vine__io_signals *s) {
  struct vine__io_node nodes[MANY];
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(s);
    uint32_t count = prepare_all(nodes, fds, n);
    long r = ask(fds, n, &at_once, s);
    if (r != 0 || state == VINE_IO_TIMEOUT)
      return r;
    state = vine__io_wait_with(s, nodes, count, deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return PLAIN;
  }
}

static long poll_until(struct pollfd *fds, nfds_t n,
                       const struct timespec *limit,
                       struct vine__io_signals *s) {
  int64_t deadline_ns;
  long r = ask(fds, n, &at_once, s);
  if (r != 0 || is_zero(limit))
    return r;
  if (n > MANY || !vine__io_deadline(limit, &deadline_ns))
    return ask(fds, n, limit, s);
  r = poll_parked(fds, n, deadline_ns, s);
  return r == PLAIN ? ask(fds, n, limit, s) : r;
}

VINE_EXPORT int __vine_wait_poll(struct pollfd *fds, nfds_t n, int ms) {
  struct timespec limit = {ms / 1000, ms % 1000 * 1000000l};
  return (int)vine__io_result(poll_until(fds, n, ms < 0 ? NULL : &limit, NULL));
}

VINE_EXPORT int __vine_wait_ppoll(struct pollfd *fds, nfds_t n,
                                  const struct timespec *limit,
                                  const sigset_t *mask) {
  struct vine__io_signals s;
  if (!mask)
    return (int)vine__io_result(poll_until(fds, n, limit, NULL));
  if (!vine__io_signals_begin(&s, mask))
    return (int)vine__io_result(vine__os_ppoll(fds, n, limit, mask));
  long r = poll_until(fds, n, limit, &s);
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

// --- select ---

#define BITS (8 * (int)sizeof(long))
#define WORDS (4096 / BITS) // of a set, which may be larger than an fd_set

struct sets {
  long in[WORDS], out[WORDS], urgent[WORDS];
};

static size_t bytes_of(int n) {
  return (size_t)((n + BITS - 1) / BITS) * sizeof(long);
}

// False: it can't be read.
static bool copy_set(long *to, const void *from, size_t bytes) {
  if (!from)
    memset(to, 0, bytes);
  else if (vine__io_can_read(from, bytes))
    memcpy(to, from, bytes);
  else
    return false;
  return true;
}

static void restore_set(void *to, const long *from, size_t bytes) {
  if (to)
    memcpy(to, from, bytes);
}

static bool has(const long *set, int fd) {
  return (unsigned long)set[fd / BITS] >> fd % BITS & 1;
}

// More than MANY: too many.
static uint32_t prepare_sets(struct vine__io_node *nodes,
                             const struct sets *sets, int n) {
  uint32_t count = 0;
  for (int fd = 0; fd < n; fd++) {
    uint32_t events = (has(sets->in, fd) ? POLLIN | POLLRDHUP : 0) |
                      (has(sets->out, fd) ? POLLOUT : 0) |
                      (has(sets->urgent, fd) ? POLLPRI : 0);
    if (!events)
      continue;
    if (count == MANY)
      return MANY + 1;
    vine__io_prepare(&nodes[count++], fd, events);
  }
  return count;
}

static long select_now(int n, fd_set *r, fd_set *w, fd_set *e,
                       const struct vine__io_signals *s) {
  return s ? vine__sigwait_pselect(n, r, w, e, &at_once, s->mask)
           : vine__os_select_now(n, r, w, e);
}

// As select: what the sets are afterwards. PLAIN: make the plain call.
static long select_parked(int n, fd_set *r, fd_set *w, fd_set *e,
                          int64_t deadline_ns, struct vine__io_signals *s) {
  struct vine__io_node nodes[MANY];
  struct sets sets;
  size_t bytes = bytes_of(n);
  if (!copy_set(sets.in, r, bytes) || !copy_set(sets.out, w, bytes) ||
      !copy_set(sets.urgent, e, bytes))
    return PLAIN;
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(s);
    uint32_t count = prepare_sets(nodes, &sets, n);
    long found = select_now(n, r, w, e, s);
    if (found != 0 || state == VINE_IO_TIMEOUT)
      return found;
    restore_set(r, sets.in, bytes);
    restore_set(w, sets.out, bytes);
    restore_set(e, sets.urgent, bytes);
    if (count > MANY)
      return PLAIN;
    state = vine__io_wait_with(s, nodes, count, deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_HELD)
      return PLAIN;
  }
}

// left: as the kernel, what is left of the limit.
static long select_until(int n, fd_set *r, fd_set *w, fd_set *e,
                         const struct timespec *limit, int64_t *left_ns,
                         struct vine__io_signals *s) {
  int64_t deadline_ns;
  if (n < 0 || n > WORDS * BITS || is_zero(limit) ||
      !vine__io_deadline(limit, &deadline_ns))
    return PLAIN;
  long found = select_parked(n, r, w, e, deadline_ns, s);
  if (limit && found != PLAIN) {
    int64_t left = deadline_ns - vine__os_nanotime();
    *left_ns = left > 0 ? left : 0;
  }
  return found;
}

VINE_EXPORT int __vine_wait_select(int n, fd_set *r, fd_set *w, fd_set *e,
                                   struct timeval *limit) {
  struct timespec ts = {0};
  int64_t left_ns = 0;
  bool is_time = !limit || (limit->tv_sec >= 0 && limit->tv_usec >= 0);
  if (limit && is_time) // 1,000,000 microseconds and more are fine
    ts = (struct timespec){limit->tv_sec + limit->tv_usec / 1000000,
                           limit->tv_usec % 1000000 * 1000};
  long found = PLAIN;
  if (is_time)
    found = select_until(n, r, w, e, limit ? &ts : NULL, &left_ns, NULL);
  if (found == PLAIN)
    return (int)vine__io_result(vine__os_select(n, r, w, e, limit));
  if (limit) {
    limit->tv_sec = left_ns / 1000000000;
    limit->tv_usec = left_ns % 1000000000 / 1000;
  }
  return (int)vine__io_result(found);
}

VINE_EXPORT int __vine_wait_pselect(int n, fd_set *r, fd_set *w, fd_set *e,
                                    const struct timespec *limit,
                                    const sigset_t *mask) {
  struct vine__io_signals s;
  int64_t left_ns;
  long found = PLAIN;
  if (!mask) {
    found = select_until(n, r, w, e, limit, &left_ns, NULL);
  } else if (vine__io_signals_begin(&s, mask)) {
    found = select_until(n, r, w, e, limit, &left_ns, &s);
    if (found == PLAIN)
      found = vine__sigwait_pselect(n, r, w, e, limit, s.mask);
    vine__io_signals_end(&s);
  }
  if (found == PLAIN)
    found = vine__os_pselect(n, r, w, e, limit, mask);
  return (int)vine__io_result(found);
}
