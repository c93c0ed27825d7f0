// SPDX-License-Identifier: MIT
// Coming back from foreign code. foreign.c tells how.
#ifndef VINE_FOREIGN_H
#define VINE_FOREIGN_H

#include "g.h"

// m, which is in foreign code no more, saw m->retake. Returns when it has a P
// again; may let other goroutines run meanwhile. regs: the call's results, or
// null where they are elsewhere.
void vine__reenter(struct m *m, struct vine__regs *regs);

#endif
