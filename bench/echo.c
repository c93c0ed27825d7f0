// SPDX-License-Identifier: MIT
// An echo server as textbooks have it: blocking calls, one task per
// connection. vinecc makes the tasks goroutines, plain clang threads. Prints
// its port and serves until it is killed; echo_load.c is the client.

#include "listen.h"

#include <stdint.h>
#include <unistd.h>

static void echo(int fd) {
  char buf[1024];
  ssize_t n;
  while ((n = read(fd, buf, sizeof buf)) > 0)
    for (ssize_t done = 0, m; done < n; done += m)
      if ((m = write(fd, buf + done, (size_t)(n - done))) < 0) {
        close(fd);
        return;
      }
  close(fd);
}

#ifdef __VINE__

#include <vine.h>

static void start(int fd) { vine_go(echo(fd)); }

#else

#include <pthread.h>

static void *thread(void *arg) {
  echo((int)(intptr_t)arg);
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

int main(void) {
  int listener = listen_somewhere(SOCK_STREAM), fd;
  while ((fd = accept(listener, NULL, NULL)) >= 0)
    start(fd);
  perror("accept");
  return 1;
}
