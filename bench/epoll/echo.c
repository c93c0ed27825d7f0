// SPDX-License-Identifier: MIT
// ../echo.c as an epoll loop.

#define _GNU_SOURCE
#include "loop.h"

static void serve(int fd) {
  static char buf[1024];
  ssize_t n = read(fd, buf, sizeof buf);
  if (n <= 0 || write(fd, buf, (size_t)n) != n)
    close(fd);
}

int main(void) { serve_all(); }
