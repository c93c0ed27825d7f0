// SPDX-License-Identifier: MIT
// Waiting in a channel or a select while the stack shrinks (S6): after Go's
// TestShrinkStackDuringBlockedSend, TestSelectStackAdjust and
// TestNoShrinkStackWhileParking (go/src/runtime/chan_test.go).
#include "chan.h"

#include <stdatomic.h>

// Uses much stack; returns what it was given.
__attribute__((noinline)) static int deep(int n, int v) {
  volatile char frame[256];
  frame[n] = (char)v;
  if (n == 0)
    return v;
  int r = deep(n - 1, v);
  CHECK_EQ(frame[n], (char)v);
  return r;
}

enum { ROUNDS = 10 };
static vine_chan_t c, done;

static void send_rounds(void *arg) {
  for (int i = 0; i < ROUNDS; i++) {
    vine_send(c, i);
    CHECK_EQ(deep(100, i), i);
  }
  vine_send(done, 1);
}

static void shrink_during_blocked_send(void) {
  c = vine_chan_make(int, 0);
  start(send_rounds, NULL);
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_EQ(vine_recv(c, int), i);
    settle();
    for (int k = 0; k < 8; k++) // halves each time
      vine_stack_shrink();
  }
  vine_recv(done, int);
}

// A select whose elements are locals: their addresses must hold.
struct pair {
  vine_chan_t c, d;
  atomic_int ready;
};

static void select_locals(void *arg) {
  struct pair *p = arg;
  long a = -1, *pa = &a;
  struct {
    long w[4];
  } b = {{0}};
  CHECK_EQ(deep(100, 7), 7); // grow
  struct vine_select_case k[] = {vine_case_recv(p->c, &a),
                                 vine_case_recv(p->d, &b)};
  for (int i = 0; i < 2; i++) {
    atomic_fetch_add(&p->ready, 1);
    int which = vine_select(k, 2);
    CHECK(pa == &a && k[which].ok);
    if (which == 0)
      CHECK_EQ(a, 42);
    else
      CHECK(b.w[0] == 1 && b.w[3] == 4);
    CHECK_EQ(deep(100, 7), 7);
  }
  CHECK(a == 42 && b.w[0] == 1);
  vine_send(done, 1);
}

static void shrink_until(struct pair *p, int n) {
  while (atomic_load(&p->ready) < n)
    vine_yield();
  settle();
  for (int k = 0; k < 8; k++)
    vine_stack_shrink();
}

static void select_stack_adjust(void) {
  struct pair p = {vine_chan_make(long, 0), vine_chan_make(long[4], 0), 0};
  long w[4] = {1, 2, 3, 4};
  start(select_locals, &p);
  shrink_until(&p, 1);
  vine_chan_send(p.d, w, sizeof w);
  shrink_until(&p, 2);
  vine_send(p.c, 42);
  vine_recv(done, int);
}

// Shrinking races with parking and waking.
static atomic_bool stop;

static void shrinker(void *over) {
  while (!atomic_load(&stop)) {
    vine_stack_shrink();
    vine_yield();
  }
  vine_send((vine_chan_t)over, 1);
}

static void ping(void *pong) {
  for (int v; vine_recv_ok(c, &v);)
    vine_send((vine_chan_t)pong, deep(v % 30, v % 100));
}

static void shrink_while_parking(void) {
  vine_chan_t pong = vine_chan_make(int, 0);
  c = vine_chan_make(int, 0);
  start(ping, pong);
  start(ping, pong);
  start(shrinker, done);
  for (int i = 0; i < rounds(5000, 500); i++) {
    vine_send(c, i);
    CHECK_EQ(vine_recv(pong, int), i % 100);
  }
  vine_chan_close(c);
  atomic_store(&stop, true);
  vine_recv(done, int);
}

int main(void) {
  done = vine_chan_make(int, 1);
  shrink_during_blocked_send();
  select_stack_adjust();
  shrink_while_parking();
  return 0;
}
