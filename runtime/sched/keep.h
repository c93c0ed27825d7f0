// SPDX-License-Identifier: MIT
// Which preempted goroutines keep their thread. keep.c tells why and how many.
#ifndef VINE_KEEP_H
#define VINE_KEEP_H

#include "g.h"

#include <stdbool.h>

// A goroutine that could run on any thread begins to run on m.
// A store in each switch would show, so only where there was a call.
static inline void vine__keep_forget(struct m *m) {
  if (__builtin_expect(m->gsp != 0, 0))
    m->gsp = 0;
}

// m's goroutine is preempted. Whether it keeps m: then m sleeps until it has a
// P again, and vine__keep_end follows.
bool vine__keep_begin(struct m *m);
// Whether as many threads wait as may.
bool vine__keep_is_full(void);
// m sleeps no more.
void vine__keep_end(struct m *m);

#endif
