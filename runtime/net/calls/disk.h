// SPDX-License-Identifier: MIT
// Before a read of n bytes at the position of a file: has the ring bring them
// into memory, if it is on and they aren't there.
#ifndef VINE_CALLS_DISK_H
#define VINE_CALLS_DISK_H

#include <stddef.h>
#include <sys/uio.h>

void vine__disk_fetch(int fd, size_t n);
void vine__disk_fetch_vec(int fd, const struct iovec *v, int count);

#endif
