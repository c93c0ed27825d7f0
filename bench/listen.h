// SPDX-License-Identifier: MIT
// How the servers in C begin, as a client expects that starts them.
#ifndef BENCH_LISTEN_H
#define BENCH_LISTEN_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

// Listens on some port of the loopback device, and prints which. type:
// SOCK_STREAM and flags.
static inline int listen_somewhere(int type) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, type, 0);
  signal(SIGPIPE, SIG_IGN);
  if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, SOMAXCONN) ||
      getsockname(fd, (struct sockaddr *)&at, &size)) {
    perror("listen");
    exit(1);
  }
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return fd;
}

#endif
