// SPDX-License-Identifier: MIT
// lock.c: exclusion under contention, and the order that debug builds check.
#include "unit.h"

#include "base/config.h"
#include "mem/lock.h"

#include <signal.h>
#include <unistd.h>

enum { ROUNDS = 20000 };

static struct vine__lock lock = VINE_LOCK_INIT(LEAF);
static long counter;
static int inside;

static void *count(void *arg) {
  for (int i = 0; i < ROUNDS; i++) {
    if ((i & 7) == (intptr_t)arg) {
      while (!vine__lock_try_acquire(&lock))
        sched_yield();
    } else {
      vine__lock_acquire(&lock);
    }
    CHECK(inside++ == 0 && vine__lock_is_held(&lock));
    counter++;
    inside--;
    vine__lock_release(&lock);
  }
  return NULL;
}

static void test_exclusion(void) {
  unit_on_threads(count);
  CHECK(counter == (long)UNIT_THREADS * ROUNDS && !vine__lock_is_held(&lock));
}

// Held for so long that all who want it sleep: each release wakes one of them,
// and they come to an end.
static void *hold_long(void *arg) {
  for (int i = 0; i < 40; i++) {
    vine__lock_acquire(&lock);
    CHECK(inside++ == 0);
    if (i % 2 == 0)
      usleep(100);
    counter++;
    inside--;
    vine__lock_release(&lock);
  }
  return arg;
}

static void test_sleepers(void) {
  counter = 0;
  unit_on_threads(hold_long);
  CHECK(counter == (long)UNIT_THREADS * 40 && !vine__lock_is_held(&lock));
}

static void wrong_order(void) {
  struct vine__lock heap = VINE_LOCK_INIT(HEAP);
  struct vine__lock central = VINE_LOCK_INIT(CENTRAL);
  vine__lock_acquire(&heap);
  vine__lock_acquire(&central);
}

static void wrong_address(void) {
  struct vine__lock l[2] = {VINE_LOCK_INIT(CHAN), VINE_LOCK_INIT(CHAN)};
  vine__lock_acquire(&l[1]);
  vine__lock_acquire(&l[0]);
}

static void twice(void) {
  vine__lock_acquire(&lock);
  vine__lock_acquire(&lock);
}

static void not_mine(void) {
  struct vine__lock l = VINE_LOCK_INIT(LEAF);
  vine__lock_release(&l);
}

static void forgotten(void) {
  vine__lock_acquire(&lock);
  vine__lock_check_none_held();
}

static void test_ranks(void) {
  struct vine__lock l[2] = {VINE_LOCK_INIT(CHAN), VINE_LOCK_INIT(CHAN)};
  vine__lock_acquire(&l[0]);
  vine__lock_acquire(&l[1]);
  vine__lock_release(&l[0]); // not the last one first
  vine__lock_release(&l[1]);
  vine__lock_check_none_held();
#if VINE_CHECK_LEVEL >= 1
  unit_dies_with(wrong_order, "out of order (LOCK3)");
  unit_dies_with(wrong_address, "out of order (LOCK3)");
  unit_dies_with(twice, "out of order (LOCK3)");
  unit_dies_with(forgotten, "held where none may be");
  unit_dies_with(not_mine, "doesn't hold it");
#else
  (void)wrong_order, (void)wrong_address, (void)twice, (void)forgotten;
  unit_dies_with(not_mine, "released while free (LOCK1)");
#endif
}

int main(void) {
  test_exclusion();
  test_sleepers();
  test_ranks();
  return 0;
}
