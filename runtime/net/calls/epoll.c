// SPDX-License-Identifier: MIT
// epoll_wait, epoll_pwait, epoll_pwait2.
//
// The program's epoll is a descriptor that becomes readable when it has events,
// and so is waited for as any other. With a signal mask to be set meanwhile it
// is the plain call.

#include "net/calls/call.h"

#include <sys/epoll.h>

static const struct timespec at_once;

static bool is_zero(const struct timespec *limit) {
  return limit && limit->tv_sec == 0 && limit->tv_nsec == 0;
}

static long wait_parked(int fd, struct epoll_event *events, int max,
                        int64_t deadline_ns, const struct timespec *limit) {
  struct vine__io_node node;
  for (uint32_t state = VINE_IO_READY;;) {
    vine__io_prepare(&node, fd, POLLIN);
    long r = vine__os_epoll_wait(fd, events, max, &at_once, NULL);
    if (r != 0 || state == VINE_IO_TIMEOUT)
      return r;
    state = vine__io_wait_for(&node, 1, deadline_ns, VINE_WAIT_POLL);
    if (state == VINE_IO_INTR)
      return -EINTR;
    if (state == VINE_IO_CLOSED)
      return -EBADF;
    if (state == VINE_IO_HELD)
      return vine__os_epoll_wait(fd, events, max, limit, NULL);
  }
}

VINE_EXPORT int __vine_wait_epoll_pwait2(int fd, struct epoll_event *events,
                                         int max, const struct timespec *limit,
                                         const sigset_t *mask) {
  int64_t deadline_ns;
  if (mask || !vine__io_deadline(limit, &deadline_ns) || is_zero(limit))
    return (int)vine__io_result(
        vine__os_epoll_wait(fd, events, max, limit, mask));
  return (int)vine__io_result(wait_parked(fd, events, max, deadline_ns, limit));
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
