// SPDX-License-Identifier: MIT
// reserve.c: exclusion where threads keep a lock to themselves, as the fast
// paths of channels do, beside others that take it as any lock.
#include "unit.h"

#include "arch/arch.h"
#include "base/config.h"
#include "mem/reserve.h"
#include "os/os.h"

enum { ROUNDS = 20000, STREAK = 500 };

static struct vine__reserved_lock lock;
static vine__section sections[UNIT_THREADS];
static volatile long counter;
static _Atomic long entered;
static volatile int inside;

// Not so short that nobody else could be in it.
static void critical(void) {
  CHECK(inside++ == 0 && vine__lock_is_held(&lock.lock));
  long before = counter;
  for (int i = 0; i < 10; i++)
    vine__cpu_relax();
  counter = before + 1;
  CHECK(--inside == 0);
}

// The lock is held, as any; from here on it may be reserved.
static void release(vine__section *mine) {
  uint64_t v = load_relaxed(&lock.lock.word);
  if (vine__reserve_count(&lock, mine) &&
      vine__reserve_try_release(&lock, mine, v))
    return;
  vine__lock_adopt(&lock.lock);
  vine__lock_release(&lock.lock);
}

// Whether this thread holds it now, as any.
static bool try_take(vine__section *mine) {
  uint64_t v = load_relaxed(&lock.lock.word);
  if (vine__reserve_try_take(&lock, mine, v))
    return true;
  return !(v & VINE_LOCK_LOCKED) &&
         cas_acquire(&lock.lock.word, &v, v | VINE_LOCK_LOCKED);
}

// As chan.c's fast path. Now and then it keeps the lock past its section.
static bool use_fast(vine__section *mine, int i) {
  if (!(load_relaxed(&lock.lock.word) & VINE_LOCK_RESERVED) ||
      !vine__reserve_enter(&lock, mine)) {
    if (!try_take(mine))
      return false;
    critical();
    release(mine);
    return true;
  }
  fetch_add_relaxed(&entered, 1);
  critical();
  uint64_t v = load_relaxed(&lock.lock.word);
  bool is_kept = i % 100 == 0 && vine__reserve_try_take(&lock, mine, v);
  vine__reserve_leave(mine);
  if (is_kept) {
    CHECK(inside == 0 && vine__lock_is_held(&lock.lock));
    release(mine);
  }
  return true;
}

static void use_slow(void) {
  vine__lock_acquire(&lock.lock);
  critical();
  vine__lock_release(&lock.lock);
}

// All but the last two threads have a section.
static void *count(void *arg) {
  intptr_t me = (intptr_t)arg;
  for (int i = 0; i < ROUNDS; i++) {
    if (me >= UNIT_THREADS - 2 || !use_fast(&sections[me], i))
      use_slow();
    if (i % STREAK == me)
      usleep(20); // with the lock reserved, perhaps
  }
  return NULL;
}

static void test_exclusion(void) {
  vine__reserve_init(&lock);
  unit_on_threads(count);
  CHECK(counter == (long)UNIT_THREADS * ROUNDS);
  for (int i = 0; i < UNIT_THREADS; i++)
    CHECK(load_relaxed(&sections[i]) % 2 == 0);
}

// A streak makes it this thread's, another's first use ends that.
static void test_states(void) {
  vine__section *mine = &sections[0];
  vine__lock_init(&lock.lock, VINE_RANK_CHAN);
  vine__reserve_init(&lock);
  store_relaxed(&entered, 0);
  for (int i = 1; i < 10000 && load_relaxed(&entered) == 0; i++)
    CHECK(use_fast(mine, i));
  CHECK(load_relaxed(&entered) == 1);
  CHECK(load_relaxed(&lock.lock.word) & VINE_LOCK_RESERVED);
  CHECK(!vine__reserve_enter(&lock, &sections[1]));
  uint8_t need = lock.need;
  use_slow();
  CHECK(!vine__lock_is_held(&lock.lock) && (lock.need > need || need == 1));
  CHECK(!vine__reserve_enter(&lock, mine));
}

int main(void) {
  vine__os_membarrier_register();
  vine__lock_init(&lock.lock, VINE_RANK_CHAN);
  test_exclusion();
  test_states();
  return 0;
}
