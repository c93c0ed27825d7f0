// SPDX-License-Identifier: MIT
// epoll_wait, epoll_pwait, epoll_pwait2.
//
// The program's epoll is a descriptor that becomes readable when it has events,
// and so is waited for as any other. With a signal mask a look that found no
// event is followed by one that lets signals in (net/sigwait.c): the kernel's
// own call, without waiting, wouldn't.

#include "net/calls/call.h"

#include <sys/epoll.h>

static const struct timespec at_once;

// s: of a call with a mask, or null.
static long ask(int fd, struct epoll_event *events, int max,
                const struct vine__io_signals *s) {
  long r = vine__os_epoll_wait(fd, events, max, &at_once, NULL);
  return r == 0 && s ? vine__sigwait_ppoll(NULL, 0, &at_once, s->mask) : r;
}

static long wait_parked(int fd, struct epoll_event *events, int max,
                        int64_t deadline_ns, const struct timespec *limit,
                        struct vine__io_signals *s) {
  struct vine__io_node node;
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_signals_prepare(s);
    vine__io_prepare(&node, fd, POLLIN);
    long r = ask(fd, events, max, s);
    if (r != 0 || state == VINE_IO_TIMEOUT)
      return r;
    state = vine__io_wait_with(s, &node, 1, deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_CLOSED)
      return -EBADF;
    if (state == VINE_IO_HELD)
      return vine__os_epoll_wait(fd, events, max, limit,
                                 s ? (const sigset_t *)(void *)&s->mask : NULL);
  }
}

VINE_EXPORT int __vine_wait_epoll_pwait2(int fd, struct epoll_event *events,
                                         int max, const struct timespec *limit,
                                         const sigset_t *mask) {
  struct vine__io_signals s;
  int64_t deadline_ns;
  if (!vine__io_deadline(limit, &deadline_ns) || vine__io_is_zero(limit) ||
      (mask && !vine__io_signals_begin(&s, mask)))
    return (int)vine__io_result(
        vine__os_epoll_wait(fd, events, max, limit, mask));
  long r = wait_parked(fd, events, max, deadline_ns, limit, mask ? &s : NULL);
  if (mask)
    vine__io_signals_end(&s);
  return (int)vine__io_result(r);
}

VINE_EXPORT int __vine_wait_epoll_pwait(int fd, struct epoll_event *events,
                                        int max, int ms, const sigset_t *mask) {
  struct timespec limit = {ms / 1000, ms % 1000 * 1000000l};
  return __vine_wait_epoll_pwait2(fd, events, max, ms < 0 ? NULL : &limit,
                                  mask);
}

VINE_EXPORT int __vine_wait_epoll_wait(int fd, struct epoll_event *events,
                                       int max, int ms) {
  return __vine_wait_epoll_pwait(fd, events, max, ms, NULL);
}
