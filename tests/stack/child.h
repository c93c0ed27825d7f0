// SPDX-License-Identifier: MIT
// What the tests of children, made by fork or past it, share.
#ifndef VINE_TESTS_CHILD_H
#define VINE_TESTS_CHILD_H

#include "stack.h"

#include <pthread.h>
#include <sys/wait.h>

static inline int status_of(pid_t pid) {
  int st;
  CHECK(waitpid(pid, &st, 0) == pid);
  return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static inline void grow_and_send(vine_chan_t c) {
  grow_stack(200);
  vine_send(c, 1);
}

static inline void *grow_in_thread(void *arg) {
  grow_stack(200); // its words must be a new thread's: no trap
  return arg;
}

// A life of the child's own: it grows, starts goroutines and threads, sleeps.
static inline void live(int threads) {
  pthread_t t;
  grow_stack(600);
  vine_chan_t c = vine_chan_make(int, 0);
  for (int i = 0; i < 8; i++)
    vine_go(grow_and_send(c));
  for (int i = 0; i < 8; i++)
    CHECK(vine_recv(c, int) == 1);
  vine_sleep(VINE_MILLISECOND);
  for (int i = 0; i < threads; i++) {
    CHECK(pthread_create(&t, NULL, grow_in_thread, NULL) == 0);
    CHECK(pthread_join(t, NULL) == 0);
  }
}

#endif
