// SPDX-License-Identifier: MIT
// Stopping what can be stopped while the process dies.
#ifndef VINE_FREEZE_H
#define VINE_FREEZE_H

#include "sched/sched.h"

// Asks all threads but that of `self` (null: this one isn't an M) to stop, and
// waits a few milliseconds at most. Takes no lock; any stack.
void vine__world_freeze(struct m *self);

// This thread stops for good, since the state is FROZEN. `where` tells what the
// frames of m's goroutine start with; m may be null.
_Noreturn void vine__m_freeze(struct m *m, enum vine__trap where);

// Whether g, which runs on m, is in foreign code that can't come back to g's
// stack any more. After vine__world_freeze.
bool vine__g_stands_in_foreign(struct m *m, struct g *g);

static inline bool vine__is_frozen(void) {
  return __builtin_expect(load_relaxed(&vine__sched.state) == VINE_FROZEN, 0);
}

#endif
