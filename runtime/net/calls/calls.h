// SPDX-License-Identifier: MIT
// Versions that other versions call.
#ifndef VINE_CALLS_H
#define VINE_CALLS_H

#include "net/calls/call.h"

ssize_t __vine_wait_read(int fd, void *buf, size_t n);
ssize_t __vine_wait_readv(int fd, const struct iovec *v, int count);
ssize_t __vine_wait_write(int fd, const void *buf, size_t n);
ssize_t __vine_wait_readv(int fd, const struct iovec *v, int count);
ssize_t __vine_wait_writev(int fd, const struct iovec *v, int count);
pid_t __vine_wait_waitpid(pid_t pid, int *status, int options);

#endif
