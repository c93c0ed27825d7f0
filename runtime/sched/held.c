// SPDX-License-Identifier: MIT
// Counting the calls that held threads. held.h tells how.
//
// Runs on: system stack, or a fixed goroutine's. No locks: entries are claimed
// by compare and swap, and stay.

#include "sched/held.h"
#include "arch/arch.h"
#include "g.h"

struct vine__held vine__held[VINE_HELD_MAX + 1];

// 0 where the goroutine's stack doesn't tell: a fixed one. The thread was in
// the call when its processor was taken, and has run nothing of the goroutine's
// since: the record is as the call made it (TRAP1).
static uintptr_t call_of(const struct m *m) {
  struct g *g = vine__m_g(m);
  const uintptr_t *record = (const uintptr_t *)m->gsp;
  return g && vine__g_kind(g) == G_GROWABLE && record
             ? vine__call_target(record[1])
             : 0;
}

static struct vine__held *entry_for(uintptr_t call) {
  for (uint32_t i = 0; call && i < VINE_HELD_MAX; i++) {
    struct vine__held *h = &vine__held[(call / 16 + i) % VINE_HELD_MAX];
    uintptr_t is = load_relaxed(&h->call);
    if (is == call ||
        (is == 0 && (cas_relaxed(&h->call, &is, call) || is == call)))
      return h;
  }
  return &vine__held[VINE_HELD_MAX];
}

void vine__held_note(struct m *m) {
  fetch_add_relaxed(&entry_for(call_of(m))->times, 1);
}
