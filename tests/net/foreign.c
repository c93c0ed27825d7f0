// SPDX-License-Identifier: MIT
// Code that Vine doesn't see.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int foreign_close(int fd) { return close(fd); }

int foreign_pair(int fds[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

long foreign_read(int fd, void *buf, unsigned long n) {
  return read(fd, buf, n);
}

int foreign_set_flags(int fd, int flags) { return fcntl(fd, F_SETFL, flags); }
