// SPDX-License-Identifier: MIT
// A server as textbooks have it: blocking calls, one task per connection.
// vinecc makes the tasks goroutines, plain clang threads.
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include "listen.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

// Talks over fd until it ends, and closes it.
static void serve(int fd);

#ifdef __VINE__

#include <vine.h>

static void start(int fd) { vine_go(serve(fd)); }

#else

#include <pthread.h>

static void *thread(void *arg) {
  serve((int)(intptr_t)arg);
  return NULL;
}

static void start(int fd) {
  pthread_t t;
  if (pthread_create(&t, NULL, thread, (void *)(intptr_t)fd)) {
    perror("pthread_create");
    exit(1);
  }
  pthread_detach(t);
}

#endif

// Prints the port and serves until the process is killed.
static int serve_all(void) {
  int listener = listen_somewhere(SOCK_STREAM), fd;
  while ((fd = accept(listener, NULL, NULL)) >= 0)
    start(fd);
  perror("accept");
  return 1;
}

static bool write_all(int fd, const char *p, size_t n) {
  while (n > 0) {
    ssize_t m = write(fd, p, n);
    if (m < 0)
      return false;
    p += m;
    n -= (size_t)m;
  }
  return true;
}

#endif
