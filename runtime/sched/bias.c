// SPDX-License-Identifier: MIT
// The rare part of biased locking. bias.h tells how it works.
//
// Locking: none. Runs on: any thread. Doesn't allocate or park.

#include "sched/bias.h"
#include "mem/reserve.h"
#include "os/os.h"

void vine__bias_start(void) {
  uint32_t v = BIAS_UNDECIDED;
  if (!VINE_TSAN) // which sees no lock in a plain store
    cas_relaxed(&vine__sched.bias, &v, BIAS_ON);
  else
    vine__bias_revoke();
}

#define MOMENT_NS (20 * 1000)

static void end_sections(void) {
  vine__os_membarrier();
  for (struct m *m = load_acquire(&vine__sched.all_m); m; m = m->all_next)
    while (load_acquire(&m->owned) != 0) // pairs with vine__bias_leave
      vine__os_sleep(MOMENT_NS);
  store_release(&vine__sched.bias, BIAS_REVOKED); // pairs with BIAS1's loads
}

void vine__bias_revoke(void) {
  uint32_t v = load_acquire(&vine__sched.bias);
  while (v == BIAS_UNDECIDED || v == BIAS_ON)
    if (cas_acq_rel(&vine__sched.bias, &v,
                    v == BIAS_ON ? BIAS_REVOKING : BIAS_REVOKED)) {
      if (v == BIAS_ON)
        end_sections();
      return;
    }
  while (load_acquire(&vine__sched.bias) != BIAS_REVOKED)
    vine__os_sleep(MOMENT_NS);
}

// Who revoked it stayed in the parent, and who might have owned a lock.
void vine__bias_fork_child(void) {
  if (load_relaxed(&vine__sched.bias) == BIAS_REVOKING)
    store_relaxed(&vine__sched.bias, BIAS_REVOKED);
}

// Of a lock that is reserved for m's thread nobody else can have it.
static bool take_reserved(struct vine__lock *l, struct m *m) {
  uint64_t v = load_relaxed(&l->word);
  if (__builtin_expect(!(v & VINE_LOCK_RESERVED), 1))
    return false;
  if (!vine__reserve_try_take((struct vine__reserved_lock *)l, &m->section, v))
    return false;
  vine__lock_adopt(l);
  return true;
}

void vine__biased_acquire(struct vine__lock *l) {
  struct m *m = vine__getm();
  if (m && vine__bias_enter(m)) {
    vine__lock_take_alone(l);
    return;
  }
  if (!m && load_acquire(&vine__sched.bias) != BIAS_REVOKED)
    vine__bias_revoke();
  if (m && take_reserved(l, m))
    return;
  vine__lock_acquire(l);
}

void vine__biased_release(struct vine__lock *l) {
  struct m *m = vine__getm();
  if (m && vine__bias_holds(m)) {
    vine__lock_drop_alone(l);
    vine__bias_leave(m);
    return;
  }
  vine__lock_release(l);
}

bool vine__park_unlock_biased(struct g *g, void *lock) {
  (void)g;
  vine__biased_release(lock);
  return true;
}
