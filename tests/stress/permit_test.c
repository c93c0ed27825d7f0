// SPDX-License-Identifier: MIT
// vine_ready at any moment of another goroutine's life: while it runs, grows
// its stack, is hibernated, woken, preempted. Each vine_ready here is followed
// by one vine_park, so a lost permit hangs, and a lost bit of the goroutine's
// state crashes.
#include <vine.h>

#include "testing.h"

#define PAIRS 4
#define TURNS 1000

struct pair {
  vine_g sleeper;
  _Atomic int announced, parked;
};

static struct pair pairs[PAIRS];
static vine_group done;

// Frames that grow a small stack; depth differs from turn to turn.
static __attribute__((noinline)) int dive(int depth) {
  volatile char frame[200];
  frame[depth % 200] = (char)depth;
  return depth == 0 ? 0 : dive(depth - 1) + frame[depth % 200] - (char)depth;
}

static void sleep_and_grow(struct pair *p) {
  p->sleeper = vine_self();
  p->announced = 1;
  for (int i = 0; i < TURNS; i++) {
    CHECK_EQ(dive(i % 40), 0);
    vine_park();
    p->parked++;
  }
  vine_group_done(&done);
}

static void wake(struct pair *p) {
  while (!p->announced)
    vine_yield();
  for (int i = 0; i < TURNS; i++) {
    CHECK_EQ(vine_ready(p->sleeper), 0);
    while (p->parked == i) // permits don't add up
      vine_yield();
  }
  vine_group_done(&done);
}

int main(void) {
  vine_stack_set_idle(1, 1); // hibernate whatever is parked
  vine_group_add(&done, 2 * PAIRS);
  for (int i = 0; i < PAIRS; i++) {
    vine_go(sleep_and_grow(&pairs[i]));
    vine_go(wake(&pairs[i]));
  }
  vine_group_wait(&done);
  for (int i = 0; i < PAIRS; i++)
    CHECK_EQ(pairs[i].parked, TURNS);
  return 0;
}
