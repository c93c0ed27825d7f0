// SPDX-License-Identifier: MIT
// An echo server; tcp_load.c is the client.

#include "serve.h"

static void serve(int fd) {
  char buf[1024];
  ssize_t n;
  while ((n = read(fd, buf, sizeof buf)) > 0 && write_all(fd, buf, (size_t)n))
    ;
  close(fd);
}

int main(void) { return serve_all(); }
