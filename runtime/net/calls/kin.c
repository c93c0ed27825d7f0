// SPDX-License-Identifier: MIT
// Calls that are others' by another name: eventfd_read and eventfd_write are
// read and write; pwritev2 without a position is writev. With one it is a
// file's, which is always ready.

#include "net/calls/calls.h"

#include <sys/eventfd.h>

VINE_EXPORT int __vine_wait_eventfd_read(int fd, eventfd_t *value) {
  return __vine_wait_read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

VINE_EXPORT int __vine_wait_eventfd_write(int fd, eventfd_t value) {
  return __vine_wait_write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}

VINE_EXPORT ssize_t __vine_wait_pwritev2(int fd, const struct iovec *v,
                                         int count, off_t at, int flags) {
  return at == -1 && flags == 0 ? __vine_wait_writev(fd, v, count)
                                : pwritev2(fd, v, count, at, flags);
}
