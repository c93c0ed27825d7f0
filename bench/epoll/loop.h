// SPDX-License-Identifier: MIT
// Servers as an epoll loop on one thread: what it costs to know of each
// descriptor by hand. Level-triggered, one read and one write for an event.
//
// A short write ends the connection. A server that keeps what is left until
// the socket takes more would do as many calls here, where a client sends a
// few bytes and waits for them.
#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include "../listen.h"

#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 128 };
static int poller, listener;

// fd can be read. Closes it at its end.
static void serve(int fd);

static void watch(int fd) {
  struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e)) {
    perror("epoll_ctl");
    close(fd);
  }
}

static void serve_all(void) {
  struct epoll_event events[EVENTS];
  listener = listen_somewhere(SOCK_STREAM | SOCK_NONBLOCK);
  poller = epoll_create1(0);
  watch(listener);
  for (;;) {
    int n = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd != listener)
        serve(fd);
      else if ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        watch(fd);
    }
  }
}

#endif
