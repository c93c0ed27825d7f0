// SPDX-License-Identifier: MIT
// Channels whose lock is a thread's own for a while (mem/reserve.h): bursts of
// operations by one, between which others use the channel in all ways there
// are. Each element is in one place at a time, in the order in which one
// goroutine sent it.
#include "chan.h"

#include <pthread.h>
#include <stdatomic.h>

enum { TOKENS = 12, CAP = 64, BURST = 150, KINDS = 5 };

static vine_chan_t pot;
static atomic_int held[TOKENS];
static vine_group done;

static void got(int64_t v) {
  CHECK(v >= 0 && v < TOKENS);
  CHECK_EQ(atomic_exchange(&held[v], 1), 0);
}

static void give(int64_t v) { CHECK_EQ(atomic_exchange(&held[v], 0), 1); }

// --- ways to take a token and to put it back ---

static void plainly(void) {
  int64_t v = vine_recv(pot, int64_t);
  got(v);
  give(v);
  vine_send(pot, v);
}

static void to_memory(void) {
  int64_t v;
  CHECK(vine_recv_ok(pot, &v));
  got(v);
  give(v);
  vine_send(pot, v);
}

static void by_select(void) {
  int64_t v = -1;
  struct vine_select_case in[] = {vine_case_recv(pot, &v)};
  CHECK_EQ(vine_select(in, 1), 0);
  got(v);
  give(v);
  struct vine_select_case out[] = {vine_case_send(pot, &v)};
  CHECK_EQ(vine_select(out, 1), 0);
}

static void by_trying(void) {
  int64_t v;
  if (vine_try_recv(pot, &v) != 1)
    return;
  got(v);
  give(v);
  while (vine_try_send(pot, &v) != 1)
    vine_yield();
}

static void way(int kind) {
  if (kind == 1)
    to_memory();
  else if (kind == 2)
    by_select();
  else if (kind == 3)
    by_trying();
  else
    plainly();
}

// Each turn is a burst of plain operations and some in a way of its own.
static void turns(int kind, int n) {
  for (int turn = 0; turn < n; turn++) {
    for (int i = 0; i < BURST * (turn % 3); i++)
      plainly();
    for (int i = 0; i < 1 + turn % 5; i++)
      way(kind);
    if (turn % 7 == kind)
      usleep(50); // what was reserved is idle
    else if (turn % 2)
      vine_yield();
  }
}

static void goroutine(void *arg) {
  turns((int)(intptr_t)arg, rounds(600, 120));
  vine_group_done(&done);
}

static void *thread(void *arg) {
  turns((int)(intptr_t)arg, rounds(300, 60));
  return NULL;
}

static void test_tokens(void) {
  pthread_t t[2];
  pot = vine_chan_make(int64_t, CAP);
  for (int64_t i = 0; i < TOKENS; i++)
    vine_send(pot, i);
  vine_group_add(&done, KINDS);
  for (intptr_t i = 0; i < KINDS; i++)
    start(goroutine, (void *)i);
  for (intptr_t i = 0; i < 2; i++)
    CHECK_EQ(pthread_create(&t[i], NULL, thread, (void *)(2 * i)), 0);
  vine_group_wait(&done);
  for (int i = 0; i < 2; i++)
    CHECK_EQ(pthread_join(t[i], NULL), 0);
  CHECK_EQ(vine_chan_len(pot), TOKENS);
  vine_chan_close(pot);
  int64_t v;
  for (int i = 0; i < TOKENS; i++) {
    CHECK(vine_recv_ok(pot, &v));
    got(v);
  }
  CHECK(!vine_recv_ok(pot, &v));
  vine_chan_free(pot);
}

// --- order ---

static void sender(void *arg) {
  for (int64_t i = 0; i < rounds(20000, 4000); i++)
    vine_send(pot, i);
  vine_chan_close(pot);
}

static void test_order(void) {
  pot = vine_chan_make(int64_t, CAP);
  start(sender, NULL);
  int64_t next = 0, v;
  while (vine_recv_ok(pot, &v))
    CHECK_EQ(v, next++);
  CHECK_EQ(next, rounds(20000, 4000));
  vine_chan_free(pot);
}

// Filled by one thread, emptied by another: a new channel each time.
static void filler(void *arg) {
  vine_chan_t c = arg;
  for (int64_t i = 0; i < CAP; i++)
    vine_send(c, i);
  vine_group_done(&done);
}

static void test_new_ones(void) {
  for (int n = 0; n < rounds(200, 40); n++) {
    vine_chan_t c = vine_chan_make(int64_t, CAP);
    vine_group_add(&done, 1);
    start(filler, c);
    if (n % 2)
      vine_group_wait(&done);
    for (int64_t i = 0; i < CAP; i++)
      CHECK_EQ(vine_recv(c, int64_t), i);
    if (n % 2 == 0)
      vine_group_wait(&done);
    vine_chan_free(c);
  }
}

int main(void) {
  test_tokens();
  test_order();
  test_new_ones();
  return 0;
}
