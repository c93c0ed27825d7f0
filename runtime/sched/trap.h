// SPDX-License-Identifier: MIT
// Traps: where instrumented code, at a prologue's check or a loop's poll, comes
// to the runtime (arch/upcalls.h). On the system stack.
#ifndef VINE_TRAP_H
#define VINE_TRAP_H

#include "g.h"

// Preempts g, which stopped at the frame record g->sp: it stays runnable, and
// goes on with regs.
_Noreturn void vine__trap_park(struct m *m, struct g *g,
                               struct vine__regs *regs);

#endif
