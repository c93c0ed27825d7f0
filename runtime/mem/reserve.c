// SPDX-License-Identifier: MIT
// The end of a reservation. reserve.h tells how it works.
//
// Locking: none. Runs on: any thread. Doesn't allocate or park.

#include "mem/reserve.h"
#include "arch/arch.h"
#include "base/debugflags.h"
#include "os/os.h"

#define MOMENT_NS (20 * 1000)

// Uses in a row before a reservation, powers of two: at first; at the most, of
// a new lock and of any.
#define NEED 5
#define NEED_FIRST_MAX 12
#define NEED_MAX 15   // of a number of 16 bits
#define NEED_SEEDED 1 // VINEDEBUG=seed: tests are to see many

// Uses that pay for a revocation: each saves some 10 ns, and it costs some 5
// us.
#define PAYS 512u

static _Atomic uint8_t first_need = NEED; // of a new lock

void vine__reserve_init(struct vine__reserved_lock *r) {
  *r = (struct vine__reserved_lock){.lock = r->lock};
  r->need = vine__debug.seed ? NEED_SEEDED : load_relaxed(&first_need);
}

static struct vine__reserved_lock *reserved(const struct vine__lock *l) {
  return (struct vine__reserved_lock *)(uintptr_t)l; // RESERVED says so
}

uint32_t vine__reserve_look(const struct vine__lock *l) {
  return load_relaxed(load_acquire(&reserved(l)->section));
}

// Until the owner is in no section that began before the membarrier. It may
// have lost its processor in one.
static void await_section(vine__section *s, uint32_t odd) {
  for (int i = 0; load_acquire(s) == odd; i++) { // pairs with reserve_leave
    if (i < VINE_SPIN)
      vine__cpu_relax();
    else
      vine__os_sleep(MOMENT_NS);
  }
}

// The lock is held.
static void learn(struct vine__reserved_lock *r, uint32_t section) {
  bool has_paid = (section - r->since) / 2 >= PAYS;
  uint8_t first = load_relaxed(&first_need);
  if (vine__debug.seed) {
    r->need = NEED_SEEDED;
  } else if (has_paid) {
    r->need = NEED;
    first -= first > NEED;
  } else {
    r->need += r->need < NEED_MAX;
    first += first < NEED_FIRST_MAX;
  }
  store_relaxed(&first_need, first);
  store_relaxed(&r->section, NULL);
}

bool vine__lock_revoke(struct vine__lock *l, uint64_t *v) {
  struct vine__reserved_lock *r = reserved(l);
  VINE_DCHECK(*v & VINE_LOCK_RESERVED && *v & VINE_LOCK_SPINNING,
              "reserve: revoked without a right to");
  VINE_DCHECK(!(*v & VINE_LOCK_REVOKING), "reserve: revoked twice");
  if (!cas_acq_rel(&l->word, v, *v | VINE_LOCK_REVOKING))
    return false;
  vine__section *s = load_relaxed(&r->section);
  vine__os_membarrier();
  uint32_t seen = load_acquire(s);
  if (seen & 1)
    await_section(s, seen);
  *v = load_relaxed(&l->word);
  uint64_t out = VINE_LOCK_RESERVED | VINE_LOCK_REVOKING | VINE_LOCK_SPINNING;
  while (!cas_acquire(&l->word, v, *v & ~out)) // others go to sleep meanwhile
    ;
  VINE_DCHECK(*v & VINE_LOCK_LOCKED, "RESERVE1: neither free nor held");
  learn(r, seen);
  return true;
}
