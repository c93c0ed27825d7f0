// SPDX-License-Identifier: MIT
// For blocked.c: a plain C library whose calls take a second. Compiled by
// plain clang.

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

void blocked_sleep(void);
void blocked_lookup(void);

void blocked_sleep(void) {
  struct timespec t = {1, 0};
  while (nanosleep(&t, &t) != 0 && errno == EINTR)
    ;
}

// As getaddrinfo does it with a server that doesn't answer: some work with
// memory and locks, then polls with timeouts.
void blocked_lookup(void) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  for (int tries = 0; tries < 4; tries++) {
    pthread_mutex_lock(&lock);
    char *volatile query = malloc(512);
    pthread_mutex_unlock(&lock);
    poll(NULL, 0, 250);
    free(query);
  }
}
