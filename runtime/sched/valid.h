// SPDX-License-Identifier: MIT
// What is true of threads and processors whenever their owner isn't in the
// middle of changing them: for assertions. gvalid.h has the same of goroutines.
#ifndef VINE_VALID_H
#define VINE_VALID_H

#include "g.h"

#include <stdbool.h>

// m and what it is linked with. By thread m, in the runtime.
bool vine__m_is_valid(const struct m *m);

// p's counters and lists, at a glance. By the thread that has p.
bool vine__p_is_valid(struct p *p);

// Whether what is in p's queue is RUNNABLE (RUNQ2): looks at each. By the
// thread that has p; others may steal meanwhile.
bool vine__runq_is_valid(struct p *p);

#endif
