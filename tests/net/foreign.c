// SPDX-License-Identifier: MIT
// Code that Vine doesn't see.
#include <sys/socket.h>
#include <unistd.h>

int foreign_close(int fd) { return close(fd); }

int foreign_pair(int fds[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}
